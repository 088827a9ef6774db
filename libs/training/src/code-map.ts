import * as tf from '@tensorflow/tfjs-core';
import type { ImageShape, TrialSpec } from '@gradpool/experiment';
import { checkWeights } from './evaluation.ts';
import { parameterTensors } from './gradient.ts';
import { reconstruction } from './losses.ts';
import { autoencoder } from './model.ts';
import { readInPlace } from './read-in-place.ts';

/** The two halves of a trained autoencoder, for looking at what the code holds. */
export interface CodeMap {
  /** Numbers of one code. */
  readonly codeSize: number;
  /** Codes, [count, codeSize], of rows of pixels in [0, 1]. */
  readonly encode: (images: Float32Array) => Float32Array;
  /** Pictures as rows of pixels in [0, 1] of codes, [count, codeSize]. */
  readonly decode: (codes: Float32Array) => Float32Array;
}

export interface CodeMapOptions {
  readonly spec: TrialSpec;
  readonly image: ImageShape;
  /** Flat vector in layout order. */
  readonly weights: Float32Array;
}

/**
 * Opens both halves on the open backend, which must work in main memory; `decode(encode(x))` is the reconstruction.
 * Throws TrainingError E_WEIGHTS_SHAPE or E_WEIGHTS_NOT_FINITE.
 */
export function openCodeMap({ spec, image, weights }: CodeMapOptions): CodeMap {
  const model = autoencoder(spec, image);
  checkWeights(weights, model.layout.size);
  const rows = (values: Float32Array, width: number): tf.Tensor2D =>
    tf.tensor2d(values, [values.length / width, width], 'float32');
  const copied = (compute: (parameters: tf.Tensor[]) => tf.Tensor2D): Float32Array =>
    tf.tidy(() => readInPlace(compute(parameterTensors(model.layout, weights))).slice());
  return {
    codeSize: model.codeSize,
    encode: (images) => copied((parameters) => model.encode(parameters, rows(images, model.pixels))),
    decode: (codes) => copied((parameters) => reconstruction(model.decode(parameters, rows(codes, model.codeSize)))),
  };
}
