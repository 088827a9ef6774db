import { permutation, streamOf, type RandomKey } from '@gradpool/tensors';
import {
  addNoise,
  classifierPlan,
  copyImage,
  imageSize,
  type ClassifierPlan,
  type TrialSpec,
} from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { TrainingError } from './training-error.ts';

/** The images that a classifier learns from, by their number in the train file, in an order that the seed gives. */
export interface LabelledImages {
  readonly indices: Uint32Array;
  readonly labels: Uint8Array;
  readonly plan: ClassifierPlan;
}

/**
 * As many images of each class as `labels` asks for, the first of an order drawn by the seed; where it is no multiple of the
 * classes, the first classes have one more. Throws TrainingError E_SPLIT_EMPTY where a class has too few.
 */
export function labelledImages(spec: TrialSpec, { manifest, trainLabels }: Dataset): LabelledImages {
  const plan = classifierPlan(spec, manifest);
  const free = classifierPlan({ ...spec, labels: 'all' }, manifest).images;
  const order = permutation(free, { seed: spec.seed, stream: streamOf('labelled') });
  const wanted = Array.from({ length: manifest.classes }, (_, label) =>
    spec.labels === 'all' ? free : Math.floor((plan.images + manifest.classes - 1 - label) / manifest.classes),
  );
  const taken = wanted.map(() => 0);
  const indices = Uint32Array.from(
    Array.from(order).filter((index) => {
      const label = trainLabels[index]!;
      if (taken[label]! >= wanted[label]!) return false;
      taken[label] = taken[label]! + 1;
      return true;
    }),
  );
  if (indices.length === plan.images && plan.images > 0) {
    return { indices, labels: indices.map((index) => trainLabels[index]!) as unknown as Uint8Array, plan };
  }
  throw new TrainingError(
    'E_SPLIT_EMPTY',
    `The ${free} images to train on have ${indices.length} for ${String(spec.labels)} labels, as many of each class; ask for fewer labels`,
  );
}

/** Noise of the pass of a classifier, addressed by the image's number in the train file. */
const noiseKey = ({ seed }: TrialSpec, pass: number): RandomKey => ({
  seed,
  stream: streamOf('classifier-noise', pass),
});

/** Puts a train image as a row of pixels at place `at` of `rows`, under the noise of a pass. */
export function putImage(
  { spec, dataset }: { readonly spec: TrialSpec; readonly dataset: Dataset },
  { index, pass, at }: { readonly index: number; readonly pass: number; readonly at: number },
  rows: Float32Array,
): void {
  const pixels = imageSize(dataset.manifest.image);
  copyImage(dataset.trainImages, index, pixels, rows, at);
  const row = rows.subarray(at * pixels, (at + 1) * pixels);
  if (spec.noise === 0) return;
  addNoise(row.slice(), row, pixels, { factor: spec.noise, key: noiseKey(spec, pass), position: index * pixels });
}

/** Which labelled images a step takes, by their place in `indices`: each pass has an order of its own. */
export function stepPlaces(
  spec: TrialSpec,
  plan: ClassifierPlan,
): (step: number) => { pass: number; places: Uint32Array } {
  let passOfOrder = -1;
  let order = new Uint32Array(0);
  return (step) => {
    const pass = Math.floor(step / plan.stepsPerPass);
    if (pass !== passOfOrder) {
      order = permutation(plan.images, {
        seed: spec.seed,
        stream: streamOf('classifier-order', pass),
      }) as Uint32Array<ArrayBuffer>;
      passOfOrder = pass;
    }
    const first = (step % plan.stepsPerPass) * plan.batch;
    return { pass, places: order.subarray(first, Math.min(first + plan.batch, plan.images)) };
  };
}
