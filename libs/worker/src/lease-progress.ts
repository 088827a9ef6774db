import { wireLimits, type LeaseKey, type MessageOf, type MetricPoint } from '@gradpool/protocol';
import type { EpochPictures } from './engine.ts';
import type { WorkerLimits } from './worker-limits.ts';

/** Where a training lease stands; `fraction` is of the whole trial, 0 to 1. */
export interface Position {
  readonly epoch: number;
  readonly epochs: number;
  readonly fraction: number;
  readonly loss: number | null;
  readonly imagesPerSecond: number;
}

/** What is still to be said of a lease's progress, and what may have to be said again after a lost connection. */
export interface LeaseProgress {
  position: Position | null;
  moved: boolean;
  sentAt: number;
  unsent: MetricPoint[];
  /** Sent on the present connection, oldest first, with the time of sending. */
  sent: { readonly point: MetricPoint; readonly at: number }[];
  /** The same of pictures; those that are kept in vain cost memory, so they are few. */
  unsentPictures: EpochPictures[];
  sentPictures: { readonly pictures: EpochPictures; readonly at: number }[];
  /** Where and when the work was first seen: the rate, and so what is left, is measured from there. */
  first: { readonly fraction: number; readonly at: number } | null;
  last: { readonly fraction: number; readonly at: number } | null;
}

export const noProgress = (): LeaseProgress => ({
  position: null,
  moved: false,
  sentAt: -Infinity,
  unsent: [],
  sent: [],
  unsentPictures: [],
  sentPictures: [],
  first: null,
  last: null,
});

export function movedTo(progress: LeaseProgress, position: Position, now: number): void {
  const fraction = Math.min(1, Math.max(0, position.fraction));
  const { loss, imagesPerSecond } = position;
  progress.position = {
    ...position,
    fraction,
    loss: loss !== null && Number.isFinite(loss) ? loss : null,
    imagesPerSecond: Number.isFinite(imagesPerSecond) ? Math.max(0, imagesPerSecond) : 0,
  };
  progress.moved = true;
  progress.first ??= { fraction, at: now };
  progress.last = { fraction, at: now };
}

export function addPoints(progress: LeaseProgress, points: readonly MetricPoint[], limits: WorkerLimits): void {
  progress.unsent.push(...points.filter((point) => Number.isFinite(point.value)));
  const over = progress.unsent.length - limits.pointsKeptMax;
  if (over > 0) progress.unsent.splice(0, over);
}

export function addPictures(progress: LeaseProgress, pictures: EpochPictures, limits: WorkerLimits): void {
  progress.unsentPictures = [...progress.unsentPictures, pictures].slice(-limits.picturesKeptMax);
}

/** The `pictures` messages that have not been sent, oldest first; the caller sends them. */
export function takePictures(
  progress: LeaseProgress,
  lease: LeaseKey,
  now: number,
  limits: WorkerLimits,
): MessageOf<'pictures'>[] {
  const taken = progress.unsentPictures.splice(0);
  const added = taken.map((pictures) => ({ pictures, at: now }));
  progress.sentPictures = [...progress.sentPictures, ...added].slice(-limits.picturesKeptMax);
  return taken.map(({ epoch, bytes }) => ({ type: 'pictures', lease, epoch, bytes }));
}

export const hasUnsent = ({ unsent, unsentPictures }: LeaseProgress): boolean =>
  unsent.length > 0 || unsentPictures.length > 0;

/** When the next `progress` may go out; null while there is nothing to say. */
export const progressDueAt = (progress: LeaseProgress, limits: WorkerLimits): number | null =>
  progress.moved || hasUnsent(progress) ? progress.sentAt + limits.progressMs : null;

/** The next `progress` message; the caller sends it and looks at `progressDueAt` first. */
export function takeProgress(
  progress: LeaseProgress,
  lease: LeaseKey,
  now: number,
  limits: WorkerLimits,
): MessageOf<'progress'> {
  const points = progress.unsent.splice(0, wireLimits.pointsMax);
  progress.sent = progress.sent.filter(({ at }) => at >= now - limits.pointsResendMs);
  progress.sent.push(...points.map((point) => ({ point, at: now })));
  if (progress.sent.length > limits.pointsKeptMax) progress.sent.splice(0, progress.sent.length - limits.pointsKeptMax);
  progress.moved = false;
  progress.sentAt = now;
  const epoch = points.reduce((last, point) => Math.max(last, point.epoch), 0);
  const position = progress.position ?? { epoch, epochs: epoch, fraction: 0, loss: null, imagesPerSecond: 0 };
  return { type: 'progress', lease, ...position, points };
}

/** A connection is gone: what went out on it lately may not have arrived. */
export function progressLost(progress: LeaseProgress, now: number, limits: WorkerLimits): void {
  const again = progress.sent.filter(({ at }) => at >= now - limits.pointsResendMs).map(({ point }) => point);
  progress.unsent = [...again, ...progress.unsent];
  progress.sent = [];
  const lost = progress.sentPictures.filter(({ at }) => at >= now - limits.pointsResendMs);
  const unsent = [...lost.map(({ pictures }) => pictures), ...progress.unsentPictures];
  progress.unsentPictures = unsent.slice(-limits.picturesKeptMax);
  progress.sentPictures = [];
  progress.moved = progress.position !== null;
  progress.sentAt = -Infinity;
}

/** Predicted ms until the work is done, from the rate so far; null while it cannot be told. */
export function remainingMs(progress: LeaseProgress, now: number): number | null {
  const { first, last } = progress;
  if (!first || !last || last.fraction <= first.fraction || last.at <= first.at) return null;
  const perMs = (last.fraction - first.fraction) / (last.at - first.at);
  return Math.max(0, (1 - last.fraction) / perMs - (now - last.at));
}
