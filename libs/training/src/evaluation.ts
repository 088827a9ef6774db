import * as tf from '@tensorflow/tfjs-core';
import type { TrialSpec } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { parameterTensors } from './gradient.ts';
import { forEachChunk, judgedImages, type JudgedImages, type Split } from './judged-images.ts';
import { reconstruction } from './losses.ts';
import { autoencoder, type Autoencoder } from './model.ts';
import { pacer, yieldByTimer, type YieldToLoop } from './pacer.ts';
import { readInPlace } from './read-in-place.ts';
import { TrainingError } from './training-error.ts';

export interface EvaluateWeightsOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  /** Flat vector in layout order. */
  readonly weights: Float32Array;
  readonly split?: Split;
  readonly signal?: AbortSignal;
  readonly yieldToLoop?: YieldToLoop;
}

/** Images judged at a time: some 30 ms of work. */
const chunkImages = 250;

/**
 * Mean squared error per pixel of the reconstruction of a split's noisy images against the clean ones. Throws
 * TrainingError E_WEIGHTS_SHAPE, E_WEIGHTS_NOT_FINITE or E_SPLIT_EMPTY; rejects with Interrupted on abort.
 */
export async function evaluateWeights(options: EvaluateWeightsOptions): Promise<{ mse: number }> {
  const { spec, dataset, weights, split = 'test', signal, yieldToLoop = yieldByTimer } = options;
  const model = autoencoder(spec, dataset.manifest.image);
  checkWeights(weights, model.layout.size);
  const images = judgedImages({ dataset, split, noise: spec.noise, validationImages: spec.validation_images });
  if (images.count === 0) {
    throw new TrainingError('E_SPLIT_EMPTY', `The ${split} split holds no image; raise validation_images`);
  }
  return { mse: await meanSquaredError(model, weights, images, pacer(yieldToLoop, signal)) };
}

async function meanSquaredError(
  model: Autoencoder,
  weights: Float32Array,
  images: JudgedImages,
  pause: () => Promise<boolean>,
): Promise<number> {
  let sum = 0;
  await forEachChunk(images, chunkImages, async ({ clean, noisy, count }) => {
    sum += tf.tidy(() => {
      const x = tf.tensor2d(noisy, [count, model.pixels], 'float32');
      const { logits } = model.forward(parameterTensors(model.layout, weights), x);
      return sumOfSquaredDifferences(readInPlace(reconstruction(logits)), clean);
    });
    await pause();
  });
  return sum / (images.count * images.pixels);
}

/** Summed in double. */
export function sumOfSquaredDifferences(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    const difference = a[i]! - b[i]!;
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
