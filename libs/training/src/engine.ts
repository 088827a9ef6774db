import * as tf from '@tensorflow/tfjs-core';
import type { ImageShape, TrialSpec } from '@gradpool/experiment';
import type { AdamState, AdamStep } from '@gradpool/tensors';
import { lossAndGradient, parameterTensors } from './gradient.ts';
import { reconstruction } from './losses.ts';
import { autoencoder } from './model.ts';
import { openOptimizerState } from './optimizer-state.ts';
import { readInPlace } from './read-in-place.ts';
import { openPlan } from './static-plan.ts';
import { activeKernels } from './wasm-backend.ts';

/** One model at work: its vectors and its batch, which the caller fills, and what is computed from them. */
export interface Engine {
  /** Flat vectors in layout order. */
  readonly parameters: Float32Array;
  readonly gradient: Float32Array;
  readonly adam: AdamState;
  /** The batch as rows of pixels in [0, 1], for up to `capacity` images: what goes in, and the target. */
  readonly noisy: Float32Array;
  readonly clean: Float32Array;
  readonly capacity: number;
  /** Values of one image. */
  readonly pixels: number;
  /** Mean loss of the first `count` images of the batch; writes `gradient`. */
  readonly lossAndGradient: (count: number) => number;
  /** One step of Adam from `gradient`. */
  readonly update: (step: AdamStep) => void;
  /** Reconstructions of the first `count` noisy images, rows of pixels; valid until the next call. */
  readonly reconstruct: (count: number) => Float32Array;
}

/**
 * Opens a model on the open backend, for batches of up to `capacity` images; every vector is zero. With SIMD kernels it
 * runs as a static plan, otherwise through tfjs.
 */
export function openEngine(spec: TrialSpec, image: ImageShape, capacity: number): Engine {
  const module = activeKernels();
  return module ? openPlan(module, spec, image, capacity) : openTfjsEngine(spec, image, capacity);
}

/** The model as tfjs computes it, on any backend. */
export function openTfjsEngine(spec: TrialSpec, image: ImageShape, capacity: number): Engine {
  const model = autoencoder(spec, image);
  const { pixels, layout } = model;
  const state = openOptimizerState(activeKernels(), layout.size);
  const { parameters, gradient } = state;
  const noisy = new Float32Array(capacity * pixels);
  const clean = new Float32Array(capacity * pixels);
  const output = new Float32Array(capacity * pixels);
  return {
    ...state,
    noisy,
    clean,
    capacity,
    pixels,
    lossAndGradient: (count) => lossAndGradient(model, spec.loss, parameters, { count, noisy, clean }, gradient),
    reconstruct: (count) =>
      tf.tidy(() => {
        const x = tf.tensor2d(noisy.subarray(0, count * pixels), [count, pixels], 'float32');
        const { logits } = model.forward(parameterTensors(layout, parameters), x);
        // Out of the tidy only as a copy: the heap is another tensor's then.
        output.set(readInPlace(reconstruction(logits)));
        return output.subarray(0, count * pixels);
      }),
  };
}
