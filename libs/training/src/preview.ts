import * as tf from '@tensorflow/tfjs-core';
import type { TrialSpec } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { parameterTensors } from './gradient.ts';
import { judgedImages } from './judged-images.ts';
import { reconstruction } from './losses.ts';
import { autoencoder } from './model.ts';
import { readInPlace } from './read-in-place.ts';

/** The same few test images as they are, under their noise, and reconstructed. */
export interface Preview {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Pixels 0 to 255, [count, height, width, channels]. */
  readonly clean: Uint8Array;
  readonly noisy: Uint8Array;
  readonly reconstructed: Uint8Array;
}

/** The first eight images of the test split, as `weights` (flat, in layout order) reconstruct them from their noise. */
export function previewOf({ spec, dataset }: { spec: TrialSpec; dataset: Dataset }, weights: Float32Array): Preview {
  const model = autoencoder(spec, dataset.manifest.image);
  const images = judgedImages({ dataset, split: 'test', noise: spec.noise });
  const count = Math.min(8, images.count);
  const clean = new Float32Array(count * model.pixels);
  const noisy = new Float32Array(count * model.pixels);
  images.fill(clean, noisy, 0, count);
  const reconstructed = tf.tidy(() => {
    const x = tf.tensor2d(noisy, [count, model.pixels], 'float32');
    const { logits } = model.forward(parameterTensors(model.layout, weights), x);
    return bytesOf(readInPlace(reconstruction(logits)));
  });
  return { count, ...dataset.manifest.image, clean: bytesOf(clean), noisy: bytesOf(noisy), reconstructed };
}

const bytesOf = (pixels: Float32Array): Uint8Array => Uint8Array.from(pixels, (pixel) => Math.round(255 * pixel));
