import type { TrialDetails, TrialSpec } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import type { Split } from './judged-images.ts';
import { rocCurve } from './roc.ts';

/** Points of a curve that are kept with a trial. */
const pointsMax = 200;

export interface AnomalyOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  readonly split: Split;
  /** Of each picture of the split, in order. */
  readonly errors: Float64Array;
}

/** How well the error of reconstruction tells the class that training left out; null for another task, split, or where one kind is missing. */
export function anomalyOf({ spec, dataset, split, errors }: AnomalyOptions): {
  readonly auc: number | null;
  readonly details: TrialDetails | null;
} {
  const anomalyClass = spec.anomaly_class;
  const stands =
    spec.task === 'anomaly' && split === 'test'
      ? Array.from(dataset.testLabels, (label) => label === anomalyClass)
      : [];
  if (!stands.includes(true) || !stands.includes(false)) return { auc: null, details: null };
  const { auc, points } = rocCurve(errors, stands, pointsMax);
  return { auc, details: { kind: 'anomaly', anomalyClass, points: points.map(([wrong, right]) => [wrong, right]) } };
}

/** Whether a picture of the training file counts where the file is judged: one of the class left out is not what the model learns. */
export function countsInTraining({ task, anomaly_class: left }: TrialSpec, label: number | undefined): boolean {
  return task !== 'anomaly' || label !== left;
}

/** Numbers of the training images that an autoencoder sees; null for all of the first `images`. */
export function normalImages(
  spec: TrialSpec,
  { trainLabels }: Pick<Dataset, 'trainLabels'>,
  images: number,
): Uint32Array | null {
  if (spec.task !== 'anomaly') return null;
  return Uint32Array.from(
    Array.from(trainLabels.subarray(0, images).keys()).filter((index) => countsInTraining(spec, trainLabels[index])),
  );
}
