import type { DatasetManifest } from './manifest.ts';
import type { EpochSpan } from './pooled-plan.ts';
import { learningRate } from './schedule.ts';
import { trainingImages } from './training-images.ts';
import type { TrialSpec } from './trial-spec.ts';

/**
 * The images of a trial in local mode as one stream: its epochs one after the other, each in its own order. Lanes are given
 * places of the stream; the run is over when so many images have counted, whoever trained on which.
 */
export interface LocalPlan {
  /** Of one epoch; 0 where the spec leaves none to train on. */
  readonly images: number;
  readonly imagesTotal: number;
}

export function localPlan(spec: TrialSpec, manifest: DatasetManifest): LocalPlan {
  const images = trainingImages(spec, manifest);
  return { images, imagesTotal: images * spec.epochs };
}

/** The images of one local step from a place of the stream on; fewer at the end of an epoch. */
export function stepSpan({ images }: LocalPlan, batch: number, place: number): EpochSpan {
  const epoch = Math.floor(place / images);
  const first = place - epoch * images;
  return { epoch, first, count: Math.min(batch, images - first) };
}

/** The learning rate once `done` images have counted: the schedule of a run of as many steps as the trial's batch makes. */
export function localRate(spec: TrialSpec, { imagesTotal }: LocalPlan, done: number): number {
  const steps = Math.max(1, Math.ceil(imagesTotal / spec.batch_size));
  return learningRate(spec, Math.min(steps - 1, Math.floor(done / spec.batch_size)), steps);
}
