import * as tf from '@tensorflow/tfjs-core';
import { isGenerator, optimizerRule, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { isGpu } from './gpu-backend.ts';
import { trainingBuffers, type TrainingBuffers } from './image-buffers.ts';
import { lossAndGradient, parameterTensors } from './gradient.ts';
import { reconstruction } from './losses.ts';
import { autoencoder } from './model.ts';
import { openOptimizerState, type OptimizerState } from './optimizer-state.ts';
import { readInPlace } from './read-in-place.ts';
import { openResidentEngine } from './resident-engine.ts';
import { openPlan } from './static-plan.ts';
import { activeKernels } from './wasm-backend.ts';

/**
 * One model at work: its vectors and its batch, which the caller fills, and what is computed from them. Backends in main
 * memory answer at once; those with a memory of their own answer by promises, and only then read and write the vectors.
 */
export interface Engine extends TrainingBuffers, OptimizerState {
  /** Most images in a batch; the noisy ones go in, the clean ones are the target. */
  readonly capacity: number;
  /** Values of one image. */
  readonly pixels: number;
  /** To be called after the caller has written `parameters` or `memory`. */
  readonly load: () => void;
  /** Brings `parameters`, `gradient` and `memory` up to date. */
  readonly save: () => void | Promise<void>;
  /** Mean loss of the first `count` images of the batch; computes `gradient`. */
  readonly lossAndGradient: (count: number) => number | Promise<number>;
  /** Reconstructions of the first `count` noisy images, rows of pixels; valid until the next call. */
  readonly reconstruct: (count: number) => Float32Array | Promise<Float32Array>;
  /** Pictures of the first `count` codes, rows of `codeSize`; null where codes that nobody encoded mean nothing. */
  readonly decode: ((codes: Float32Array, count: number) => Float32Array | Promise<Float32Array>) | null;
  /** Frees what it holds on a device. */
  readonly close: () => void;
}

/** An engine in main memory. */
export interface HostEngine extends Engine {
  readonly lossAndGradient: (count: number) => number;
  readonly reconstruct: (count: number) => Float32Array;
}

/** How a model is computed in main memory: `plan` as a static plan, where there are SIMD kernels for it, `tfjs` always by tfjs. */
export type ExecutionPath = 'plan' | 'tfjs';

/**
 * Opens a model on the open backend, for batches of up to `capacity` images; every vector is zero. With SIMD kernels it
 * runs as a static plan where nothing is asked of the code, unless `path` says otherwise; on a graphics device with its weights there,
 * otherwise through tfjs.
 */
export function openEngine(spec: TrialSpec, image: ImageShape, capacity: number, path: ExecutionPath = 'plan'): Engine {
  if (isGpu(tf.getBackend())) return openResidentEngine(spec, image, capacity);
  return (path === 'plan' ? openHostEngine : openTfjsEngine)(spec, image, capacity);
}

/** As `openEngine`, where the open backend works in main memory. */
export function openHostEngine(spec: TrialSpec, image: ImageShape, capacity: number): HostEngine {
  const module = activeKernels();
  return module && spec.code === 'plain'
    ? openPlan(module, spec, image, capacity)
    : openTfjsEngine(spec, image, capacity);
}

/** The model as tfjs computes it, on a backend in main memory. */
export function openTfjsEngine(spec: TrialSpec, image: ImageShape, capacity: number): HostEngine {
  const model = autoencoder(spec, image);
  const { pixels, layout, codeSize } = model;
  const state = openOptimizerState(activeKernels(), optimizerRule(spec), layout.size);
  const { parameters, gradient } = state;
  const buffers = trainingBuffers(spec, image, capacity);
  const { noisy, clean, draws } = buffers;
  const output = new Float32Array(capacity * pixels);
  return {
    ...state,
    load: () => undefined,
    save: () => undefined,
    close: () => undefined,
    ...buffers,
    capacity,
    pixels,
    lossAndGradient: (count) => lossAndGradient(model, spec.loss, parameters, { count, noisy, clean, draws }, gradient),
    reconstruct: (count) =>
      tf.tidy(() => {
        const x = tf.tensor2d(noisy.subarray(0, count * pixels), [count, pixels], 'float32');
        const { logits } = model.forward(parameterTensors(layout, parameters), x, null);
        // Out of the tidy only as a copy: the heap is another tensor's then.
        output.set(readInPlace(reconstruction(logits)));
        return output.subarray(0, count * pixels);
      }),
    decode: isGenerator(spec)
      ? (codes, count) =>
          tf.tidy(() => {
            const z = tf.tensor2d(codes.subarray(0, count * codeSize), [count, codeSize], 'float32');
            return readInPlace(reconstruction(model.decode(parameterTensors(layout, parameters), z))).slice();
          })
      : null,
  };
}
