import * as tf from '@tensorflow/tfjs-core';
import type { Activated } from './activation.ts';

/** The largest value of each window of `side` x `side`; the gradient goes where it came from. */
export function maxPooled(x: tf.Tensor4D, side: number): Activated<tf.Tensor4D> {
  if (side === 1) return { y: x, backward: (dy) => dy };
  const y = tf.maxPool(x, side, side, 'valid');
  const attrs = { filterSize: [side, side], strides: [side, side], pad: 'valid' };
  return { y, backward: (dy) => tf.engine().runKernel('MaxPoolGrad', { dy, input: x, output: y }, attrs) };
}

/**
 * Each value repeated `side` x `side` (nearest-neighbour upsampling); the gradient is the sum over its copies. Stock
 * ResizeNearestNeighborGrad is wrong on the cpu backend, hence the mean over windows, times their size.
 */
export function repeated(x: tf.Tensor4D, side: number): Activated<tf.Tensor4D> {
  if (side === 1) return { y: x, backward: (dy) => dy };
  const [, height, width] = x.shape;
  return {
    y: tf.image.resizeNearestNeighbor(x, [side * height, side * width]),
    backward: (dy) => tf.mul(tf.avgPool(dy, side, side, 'valid'), side * side),
  };
}
