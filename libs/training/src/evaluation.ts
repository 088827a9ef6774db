import * as tf from '@tensorflow/tfjs-core';
import type { TrialSpec } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { parameterTensors } from './gradient.ts';
import { reconstruction } from './losses.ts';
import { autoencoder, type Autoencoder } from './model.ts';
import { addNoise, copyImage, judgingNoiseKey } from './noisy-images.ts';
import { pacer, yieldByTimer, type YieldToLoop } from './pacer.ts';
import { readInPlace } from './read-in-place.ts';
import { Interrupted, TrainingError } from './training-error.ts';

export type Split = 'test' | 'validation';

export interface EvaluateWeightsOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  /** Flat vector in layout order. */
  readonly weights: Float32Array;
  readonly split?: Split;
  readonly signal?: AbortSignal;
  readonly yieldToLoop?: YieldToLoop;
}

/**
 * Mean squared error per pixel of the reconstruction of a split's noisy images against the clean ones. Throws
 * TrainingError E_WEIGHTS_SHAPE or E_WEIGHTS_NOT_FINITE for weights that cannot be judged.
 */
export async function evaluateWeights(options: EvaluateWeightsOptions): Promise<{ mse: number }> {
  const { spec, dataset, weights, split = 'test', yieldToLoop = yieldByTimer } = options;
  const model = autoencoder(spec, dataset.manifest.image);
  checkWeights(weights, model.layout.size);
  const signal = options.signal ? { signal: options.signal } : {};
  const judge = { model, dataset, noise: spec.noise, weights, split, validationImages: spec.validation_images };
  return { mse: await meanSquaredError({ ...judge, yieldToLoop, ...signal }) };
}

/** Images of one split, clean and under the noise that everyone is judged by. */
export interface JudgedImages {
  readonly count: number;
  /** Fills both buffers with `count` images from number `first` of the split. */
  fill(clean: Float32Array, noisy: Float32Array, first: number, count: number): void;
}

/** The test set, or the last `validationImages` of train. Noise is addressed by the image's number in its file. */
export function judgedImages(dataset: Dataset, split: Split, noise: number, validationImages = 0): JudgedImages {
  const { manifest, digest } = dataset;
  const pixels = manifest.image.height * manifest.image.width * manifest.image.channels;
  const images = split === 'test' ? dataset.testImages : dataset.trainImages;
  const offset = split === 'test' ? 0 : Math.max(0, manifest.train.images - validationImages);
  const count = (split === 'test' ? manifest.test.images : manifest.train.images) - offset;
  const key = judgingNoiseKey(digest, split, noise);
  return {
    count,
    fill(clean, noisy, first, taken) {
      for (let i = 0; i < taken; i += 1) copyImage(images, offset + first + i, pixels, clean, i);
      addNoise(clean, noisy, taken * pixels, { factor: noise, key, position: (offset + first) * pixels });
    },
  };
}

interface Judge {
  readonly model: Autoencoder;
  readonly dataset: Dataset;
  readonly noise: number;
  readonly weights: Float32Array;
  readonly split: Split;
  readonly validationImages?: number;
  readonly signal?: AbortSignal;
  readonly yieldToLoop: YieldToLoop;
}

/** Images judged at a time: some 30 ms of work. */
const chunkImages = 250;

/** As evaluateWeights, for weights known to fit. Rejects with Interrupted (without a checkpoint) on abort. */
export async function meanSquaredError(judge: Judge): Promise<number> {
  const { model, dataset, weights, signal } = judge;
  const images = judgedImages(dataset, judge.split, judge.noise, judge.validationImages);
  if (images.count === 0) {
    throw new TrainingError('E_SPLIT_EMPTY', `The ${judge.split} split holds no image; raise validation_images`);
  }
  const clean = new Float32Array(chunkImages * model.pixels);
  const noisy = new Float32Array(chunkImages * model.pixels);
  const pause = pacer(judge.yieldToLoop);
  let sum = 0;
  for (let first = 0; first < images.count; first += chunkImages) {
    const count = Math.min(chunkImages, images.count - first);
    images.fill(clean, noisy, first, count);
    sum += squaredError(model, weights, clean, noisy, count);
    await pause();
    if (signal?.aborted) throw new Interrupted(null);
  }
  return sum / (images.count * model.pixels);
}

function squaredError(
  model: Autoencoder,
  weights: Float32Array,
  clean: Float32Array,
  noisy: Float32Array,
  count: number,
): number {
  return tf.tidy(() => {
    const x = tf.tensor2d(noisy.subarray(0, count * model.pixels), [count, model.pixels], 'float32');
    const output = readInPlace(reconstruction(model.forward(parameterTensors(model.layout, weights), x).logits));
    return sumOfSquaredDifferences(output, clean);
  });
}

/** Over the whole of `a`, summed in double. */
export function sumOfSquaredDifferences(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] as number) - (b[i] as number);
    sum += difference * difference;
  }
  return sum;
}

function checkWeights(weights: Float32Array, size: number): void {
  if (weights.length !== size) {
    throw new TrainingError(
      'E_WEIGHTS_SHAPE',
      `The weights hold ${weights.length} values, the model of this spec has ${size}; send the vector of this spec's layout`,
    );
  }
  const bad = weights.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new TrainingError(
      'E_WEIGHTS_NOT_FINITE',
      `Weight ${bad} of ${size} is ${weights[bad]}; train the trial again`,
    );
  }
}
