import { isPretrained } from './classifier-layers.ts';
import type { DatasetManifest } from './manifest.ts';
import { trainingImages } from './training-images.ts';
import type { TrialSpec } from './trial-spec.ts';

/** The steps of a classifier's training. */
export interface ClassifierPlan {
  /** Labelled images. */
  readonly images: number;
  /** Images of a full step. */
  readonly batch: number;
  /** A pass goes over every labelled image once; its last step may be short. */
  readonly stepsPerPass: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
}

/** Fewest steps of an epoch: a handful of labels is looked at again and again. */
const epochStepsMin = 32;

/** How the labelled images of a trial are gone over. Needs no labels, so that a trial can be priced beforehand. */
export function classifierPlan(spec: TrialSpec, manifest: Pick<DatasetManifest, 'train'>): ClassifierPlan {
  const all = trainingImages(spec, manifest);
  const images = spec.labels === 'all' ? all : Math.min(spec.labels, all);
  const batch = Math.max(1, Math.min(spec.batch_size, images));
  const stepsPerPass = Math.ceil(images / batch);
  const stepsPerEpoch = Math.max(stepsPerPass, epochStepsMin);
  return { images, batch, stepsPerPass, stepsPerEpoch, steps: stepsPerEpoch * spec.classifier_epochs };
}

/** Epochs of a whole trial: those of the autoencoder, where it has one, and then those of the classifier. */
export function trialEpochs({ task, features, epochs, classifier_epochs: own }: TrialSpec): number {
  if (task !== 'classify') return epochs;
  return (isPretrained({ features }) ? epochs : 0) + own;
}
