import type { TrialSpec } from '@gradpool/experiment';
import type { MetricPoint } from '@gradpool/protocol';

/** Losses of the rounds since the last whole epoch of a pooled run. */
export interface EpochLoss {
  /** Summed over images. */
  loss: number;
  images: number;
  /** Whole epochs that have been told, and when the last was. */
  epoch: number;
  since: number;
}

export const startEpochLoss = (epoch: number, now: number): EpochLoss => ({ loss: 0, images: 0, epoch, since: now });

interface Counted {
  readonly loss: number;
  readonly images: number;
}

/** Takes a round in; the points of the epoch that it ends, under the names that a worker alone gives them, and none within one. */
export function noteRound(
  held: EpochLoss,
  updates: readonly Counted[],
  at: { readonly spec: TrialSpec; readonly epoch: number; readonly now: number },
): MetricPoint[] {
  const { spec, epoch, now } = at;
  for (const { loss, images } of updates) {
    held.loss += loss * images;
    held.images += images;
  }
  if (epoch <= held.epoch || held.images === 0) return [];
  const name = spec.code === 'plain' ? `train_${spec.loss}` : 'train_objective';
  const points = [
    { epoch, name, value: held.loss / held.images },
    { epoch, name: 'images_per_second', value: (1000 * held.images) / Math.max(1, now - held.since) },
  ];
  Object.assign(held, startEpochLoss(epoch, now));
  return points;
}
