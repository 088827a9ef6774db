import { fillNormals, permutation, streamOf } from '@gradpool/tensors';
import {
  codeDrawsKey,
  codeSize,
  copyImage,
  type EpochSpan,
  trainingImages,
  trainingNoise,
  trainingNoiseKey,
  type TrialSpec,
} from '@gradpool/experiment';
import { normalImages } from './anomaly.ts';
import type { Dataset } from './dataset.ts';
import type { TrainingBuffers } from './image-buffers.ts';
import { TrainingError } from './training-error.ts';

/** The steps of a run: which images each one takes, in which order, under which noise. Nothing here has a state. */
export interface TrainingPlan {
  readonly images: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
}

/** Throws TrainingError E_SPLIT_EMPTY where the spec leaves no image to train on. */
export function trainingPlan(spec: TrialSpec, dataset: Dataset): TrainingPlan {
  const free = trainingImages(spec, dataset.manifest);
  const images = normalImages(spec, dataset, free)?.length ?? free;
  if (images < 1) {
    throw new TrainingError(
      'E_SPLIT_EMPTY',
      `validation_images ${spec.validation_images} leaves none of ${dataset.manifest.train.images} images to train on; lower it`,
    );
  }
  const stepsPerEpoch = Math.ceil(images / spec.batch_size);
  return { images, stepsPerEpoch, steps: stepsPerEpoch * spec.epochs };
}

/** Returns a function that fills the buffers for a step and returns how many images it took. The last batch of an epoch may be short. */
export function batchFiller(
  spec: TrialSpec,
  dataset: Dataset,
  plan: TrainingPlan,
  buffers: TrainingBuffers & { readonly pixels: number },
): (step: number) => number {
  const fill = spanFiller(spec, dataset, plan.images, buffers);
  return (step) => {
    const epoch = Math.floor(step / plan.stepsPerEpoch);
    const first = (step % plan.stepsPerEpoch) * spec.batch_size;
    const count = Math.min(spec.batch_size, plan.images - first);
    fill({ epoch, first, count });
    return count;
  };
}

/**
 * Returns a function that fills the buffers with some places of an epoch. An epoch's order is a permutation of its `images`
 * keyed by (seed, epoch), its noise a stream keyed by (seed, epoch) and the position in that order, and so are the draws of a variational code: who asks for a place
 * gets the same pixels, whatever else is asked for.
 */
export function spanFiller(
  spec: TrialSpec,
  dataset: Dataset,
  images: number,
  { clean, addNoise, draws, pixels }: TrainingBuffers & { readonly pixels: number },
): (span: EpochSpan) => void {
  const units = codeSize(spec, dataset.manifest.image);
  const normal = normalImages(spec, dataset, trainingImages(spec, dataset.manifest));
  let epochOfOrder = -1;
  let order = new Uint32Array(0);
  return ({ epoch, first, count }) => {
    if (epoch !== epochOfOrder) {
      order = permutation(images, { seed: spec.seed, stream: streamOf('order', epoch) }) as Uint32Array<ArrayBuffer>;
      epochOfOrder = epoch;
    }
    for (let i = 0; i < count; i += 1) {
      const place = order[first + i]!;
      copyImage(dataset.trainImages, normal ? normal[place]! : place, pixels, clean, i);
    }
    const key = trainingNoiseKey(spec.seed, epoch);
    addNoise(count * pixels, { factor: trainingNoise(spec), key, position: first * pixels });
    const drawn = Math.min(draws.length, count * units);
    fillNormals(draws.subarray(0, drawn), codeDrawsKey(spec.seed, epoch), first * units);
  };
}
