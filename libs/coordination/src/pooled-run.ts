import type { ArtifactRef, Digest, LeaseId, WorkerId } from '@gradpool/protocol';
import { newLossWatch, type LossWatch } from './loss-watch.ts';
import { type LocalStart, newLanes, type Lanes } from './pooled-lanes.ts';
import { must, type Trial } from './state.ts';

/*
 * A pooled run: one trial trained by many workers, round by round. It lives in memory only; what lasts is the trial's row with
 * its checkpoint. In exact mode what a restart loses is computed again to the same bits.
 *
 * phase   opening -> open        the shell has the parameters of the round
 *         open -> reducing       every micro-batch of the round is counted; in local mode, every lane that began has answered or
 *                                is too late to be waited for
 *         reducing -> open       the shell took the step: the next round; after the last one the run is over
 *         any -> gone            the sweep is paused or cancelled, or nobody can compute a round
 */

/** Consecutive micro-batches `from` to `to` - 1 of the round. */
export interface Slice {
  readonly from: number;
  readonly to: number;
}

/** A slice in the hands of one worker, or of two where one has a copy; or counted, once for all. */
export interface LeasedSlice extends Slice {
  readonly leases: LeaseId[];
  readonly grantedAt: number;
  update: MicroUpdate | null;
}

/** What a worker answered for a slice: the vector stays with the shell, under the lease's id. */
export interface MicroUpdate extends Slice {
  readonly workerId: WorkerId;
  readonly leaseId: LeaseId;
  readonly loss: number;
  readonly images: number;
}

/** Where a run stands before a round, as the shell tells it. */
export interface RoundStart {
  /** Steps taken so far, and in all. */
  readonly round: number;
  readonly rounds: number;
  readonly epoch: number;
  /** Micro-batches of this round: the last one of an epoch may have fewer. None in local mode. */
  readonly microBatches: number;
  /** Trained on so far, over all epochs. */
  readonly images: number;
  /** Where workers fetch the parameters; null where the shell sends them ahead of the leases. */
  readonly parameters: ArtifactRef | null;
  /** Of the parameters: this round's, or those of a round shortly before. */
  readonly digest: Digest;
  /** Null in exact mode. */
  readonly local: LocalStart | null;
}

/** Of vectors that the shell has received and sent for a run. */
export interface RunBytes {
  readonly up: number;
  readonly down: number;
}

export interface PooledRun {
  /** Tells the answers to this run from those to an earlier one of the same trial. */
  readonly run: number;
  phase: 'opening' | 'open' | 'reducing';
  start: RoundStart | null;
  /** Slices that nobody has. */
  waiting: Slice[];
  leased: LeasedSlice[];
  /** Slices of this round that each worker has had. */
  readonly served: Map<WorkerId, number>;
  /** Workers that rounds have nothing for, though they wait. */
  readonly passedOver: Map<WorkerId, PassedOver>;
  /** Of local mode. */
  readonly lanes: Lanes;
  loss: number | null;
  /** Newest figure on the validation images since the run was opened. */
  validation: { readonly epoch: number; readonly mse: number } | null;
  bytes: RunBytes;
  /** Parts that were refused, or ended in an error, since the run was opened. */
  refused: number;
  /** Errors since the last round ended, and who made those of them that say that the loss is not finite. */
  errors: number;
  readonly diverged: WorkerId[];
  watch: LossWatch;
  readonly openedAt: number;
  /** Images a second of whole rounds, and from where the next figure is measured. */
  imagesPerSecond: number;
  measuredFrom: { readonly at: number; readonly images: number } | null;
  /** Everyone whose vector counted. */
  readonly contributors: Map<WorkerId, Contributor>;
}

/** A worker that was measured as too slow, or had a hiccup when it was. */
interface PassedOver {
  /** Rounds in a row that it waited through. */
  rounds: number;
  /** After so many it gets one micro-batch. */
  probeAfter: number;
}

interface Contributor {
  readonly numericClass: string;
  readonly images: number;
  /** Of its last lease, transfers included. */
  readonly imagesPerSecond: number;
  /** How long a lease takes one of its slots; null until its second one: before the first it fetched its data. */
  readonly pace: Pace | null;
}

export interface Pace {
  /** Work for each part: a micro-batch, or an image of a lane. */
  readonly partMs: number;
  /** Besides: what has to be sent. */
  readonly besidesMs: number;
}

export function newRun(run: number, now: number): PooledRun {
  return {
    run,
    phase: 'opening',
    start: null,
    waiting: [],
    leased: [],
    served: new Map(),
    passedOver: new Map(),
    lanes: newLanes(),
    loss: null,
    validation: null,
    bytes: { up: 0, down: 0 },
    refused: 0,
    errors: 0,
    diverged: [],
    watch: newLossWatch,
    openedAt: now,
    imagesPerSecond: 0,
    measuredFrom: null,
    contributors: new Map(),
  };
}

export function beginRound(run: PooledRun, start: RoundStart, now: number): void {
  measureRun(run, start.images, now);
  run.phase = 'open';
  run.start = start;
  run.waiting = start.microBatches > 0 ? [{ from: 0, to: start.microBatches }] : [];
  run.leased = [];
  run.served.clear();
  run.errors = 0;
  run.diverged.length = 0;
}

/** At most one figure a second, so that it can be read; the first as soon as there is one. */
function measureRun(run: PooledRun, images: number, now: number): void {
  const from = run.measuredFrom;
  if (from !== null && now > from.at && (run.imagesPerSecond === 0 || now - from.at >= 1000)) {
    run.imagesPerSecond = (1000 * (images - from.images)) / (now - from.at);
  } else if (from !== null) return;
  run.measuredFrom = { at: now, images };
}

/** Takes at most `count` consecutive micro-batches that nobody has; null where there is none. */
export function takeSlice(run: PooledRun, count: number): Slice | null {
  const first = run.waiting.shift();
  if (first === undefined) return null;
  const to = Math.min(first.to, first.from + count);
  if (to < first.to) run.waiting.unshift({ from: to, to: first.to });
  return { from: first.from, to };
}

export function waitingMicroBatches(run: PooledRun): number {
  return run.waiting.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** A lease is gone without an answer: its slice waits again, unless another lease of it lives or it is counted. */
export function giveBack(run: PooledRun, leaseId: LeaseId): void {
  const index = run.leased.findIndex((slice) => slice.leases.includes(leaseId));
  const slice = run.leased[index];
  if (slice === undefined) return;
  slice.leases.splice(slice.leases.indexOf(leaseId), 1);
  if (slice.leases.length > 0 || slice.update !== null) return;
  run.leased.splice(index, 1);
  run.waiting.unshift({ from: slice.from, to: slice.to });
}

export function isCounted(run: PooledRun): boolean {
  return run.waiting.length === 0 && run.leased.every(({ update }) => update !== null);
}

/** Every live lease of the run. */
export function leasesOfRun({ leased, lanes }: PooledRun): LeaseId[] {
  return [...leased.flatMap(({ leases }) => leases), ...lanes.held.flatMap(({ leaseId }) => leaseId ?? [])];
}

export function runOf(trial: Trial): PooledRun {
  return must(trial.pool, `pooled run of trial ${trial.row.trialId}`);
}

/** What a worker's lease brought, for its speed and its share; `durationMs`: what it says that the work took. */
export function noteContribution(
  run: PooledRun,
  { workerId, grantedAt }: { readonly workerId: WorkerId; readonly grantedAt: number },
  contribution: {
    readonly numericClass: string;
    readonly images: number;
    readonly parts: number;
    readonly durationMs: number;
    readonly now: number;
  },
): void {
  const { numericClass, images, parts, durationMs, now } = contribution;
  const known = run.contributors.get(workerId);
  const elapsedMs = Math.max(1, now - grantedAt);
  const workMs = Math.min(elapsedMs, Math.max(1, durationMs));
  const seen = { partMs: workMs / Math.max(1, parts), besidesMs: elapsedMs - workMs };
  run.contributors.set(workerId, {
    numericClass,
    images: (known?.images ?? 0) + images,
    imagesPerSecond: (1000 * images) / elapsedMs,
    // What was known of one that was passed over is old.
    pace: known ? paceAfter(run.passedOver.has(workerId) ? null : known.pace, seen) : null,
  });
}

/** A lease of so many parts was not answered before another worker's copy of it: the pace that was known is corrected, not believed for ever. */
export function noteLate(
  { contributors }: PooledRun,
  { workerId, grantedAt }: { readonly workerId: WorkerId; readonly grantedAt: number },
  { parts, now }: { readonly parts: number; readonly now: number },
): void {
  const known = contributors.get(workerId);
  if (!known?.pace) return;
  const { partMs, besidesMs } = known.pace;
  const seen = { partMs: Math.max(partMs, (now - grantedAt - besidesMs) / parts), besidesMs };
  contributors.set(workerId, { ...known, pace: paceAfter(known.pace, seen) });
}

/** A moving average, so that one hiccup does not move the schedule much. */
function paceAfter(known: Pace | null, seen: Pace): Pace {
  if (known === null) return seen;
  const weight = 0.5;
  return {
    partMs: known.partMs + weight * (seen.partMs - known.partMs),
    besidesMs: known.besidesMs + weight * (seen.besidesMs - known.besidesMs),
  };
}
