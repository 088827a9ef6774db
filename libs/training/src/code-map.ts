import * as tf from '@tensorflow/tfjs-core';
import { imageSize, modelLayers, modelLayout, type ImageShape, type Layer, type TrialSpec } from '@gradpool/experiment';
import { checkWeights } from './evaluation.ts';
import { parameterTensors } from './gradient.ts';
import { reconstruction } from './losses.ts';
import { applyLayers } from './model.ts';
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
  const layout = modelLayout(spec, image);
  checkWeights(weights, layout.size);
  const { layers, encoderLayers } = modelLayers(spec, image);
  const apply = (part: readonly Layer[], first: number, values: Float32Array, width: number): tf.Tensor2D => {
    const ofPart = parameterTensors(layout, weights).slice(2 * first);
    return applyLayers(part, ofPart, tf.tensor2d(values, [values.length / width, width], 'float32')).rows;
  };
  const copied = (compute: () => tf.Tensor2D): Float32Array => tf.tidy(() => readInPlace(compute()).slice());
  return {
    codeSize: spec.latent,
    encode: (images) => copied(() => apply(layers.slice(0, encoderLayers), 0, images, imageSize(image))),
    decode: (codes) =>
      copied(() => reconstruction(apply(layers.slice(encoderLayers), encoderLayers, codes, spec.latent))),
  };
}
