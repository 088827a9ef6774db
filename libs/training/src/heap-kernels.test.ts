import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from './backend.ts';
import { testProductsAndConvolutions } from './testing/kernel-contract.ts';

beforeAll(async () => {
  const { note } = await startBackend('wasm');
  if (note !== null) throw new Error(note);
});

testProductsAndConvolutions();

interface Pooling {
  readonly pad: 'valid' | 'same';
  readonly strides: number;
  readonly values: number[];
  readonly y: number[];
  readonly dx: number[];
}

const below: Pooling[] = [
  { pad: 'valid', strides: 2, values: [-1, -5, -2, -3, -4, -6, -7, -8, -9], y: [-1], dx: [1, 0, 0, 0, 0, 0, 0, 0, 0] },
  {
    ...{ pad: 'same', strides: 1, values: [-9, -8, -7, -6, -5, -4, -3, -2, -1] },
    ...{ y: [-5, -4, -4, -2, -1, -1, -2, -1, -1], dx: [0, 0, 0, 0, 1, 2, 0, 2, 4] },
  },
];

test.each(below)('[B2] max-pooling and its gradient, where all values are below 0: $pad', (pooling) => {
  const { pad, strides, values, y, dx } = pooling;
  tf.tidy(() => {
    const input = tf.tensor4d(values, [1, 3, 3, 1]);
    const output = tf.maxPool(input, 2, strides, pad);
    expect(Array.from(output.dataSync())).toEqual(y);
    const tensors = { dy: tf.onesLike(output), input, output };
    const gradient = tf.engine().runKernel<tf.Tensor>('MaxPoolGrad', tensors, { filterSize: 2, strides, pad });
    expect(Array.from(gradient.dataSync())).toEqual(dx);
  });
});
