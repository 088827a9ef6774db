import type { DatasetManifest } from './manifest.ts';
import { parameterCount } from './model-size.ts';
import type { PooledSpec } from './pooled-spec.ts';
import { flopsPerImage, trialCost } from './trial-cost.ts';
import type { TrialSpec } from './trial-spec.ts';

/** The worker and the network that `placement: auto` reckons with: one core of a laptop, a classroom's Wi-Fi. */
const placementModel = {
  flopsPerSecond: 1e10,
  bytesPerSecond: 12.5e6,
  /** A trial that one such worker trains within this time is not worth sharing. */
  aloneSeconds: 600,
} as const;

/** Workers it reckons with where the sweep names no number. */
export const placementWorkers = 4;

/** Bytes that go up and down for each parameter and part of a round. */
const bytesPerParameter = { f32: 8, bf16: 4, int8: 2.125, int4: 1.125 } as const;

interface PlacementOf {
  /** Of a trial of the cell, with the batch that it takes either way. */
  readonly spec: TrialSpec;
  readonly pooled: PooledSpec;
  readonly workers: number;
  readonly manifest: DatasetManifest;
}

/**
 * Whether a cell is trained pooled under `placement: auto`: when a trial would keep one worker for more than `aloneSeconds`, and a
 * worker's part of a round takes it longer to compute than to send and receive. It depends on nothing but the cell and the
 * sweep's own settings, so that other cells, an extension or the workers that happen to be there change nothing.
 */
export function isPlacedPooled({ spec, pooled, workers, manifest }: PlacementOf): boolean {
  const { flopsPerSecond, bytesPerSecond, aloneSeconds } = placementModel;
  if (trialCost(spec, manifest) <= aloneSeconds * flopsPerSecond) return false;
  const images =
    pooled.mode === 'exact' ? (pooled.micro_batch * pooled.micro_batches) / workers : pooled.batch * pooled.steps;
  // A sum is 8 bytes a parameter up, and the parameters are 4 down.
  const bytes = pooled.mode === 'exact' ? 12 : bytesPerParameter[pooled.codec];
  const computeSeconds = (images * flopsPerImage(spec, manifest.image)) / flopsPerSecond;
  return computeSeconds > (bytes * parameterCount(spec, manifest.image)) / bytesPerSecond;
}
