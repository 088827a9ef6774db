import type { DatasetManifest } from './manifest.ts';
import type { TrialSpec } from './trial-spec.ts';

/** Pictures that an epoch of the trial trains on: the first of those not held out for validation. */
export function trainingImages(spec: TrialSpec, manifest: Pick<DatasetManifest, 'train'>): number {
  const free = Math.max(0, manifest.train.images - spec.validation_images);
  return Math.min(spec.train_images ?? free, free);
}
