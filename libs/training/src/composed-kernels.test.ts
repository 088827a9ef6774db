import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from './backend.ts';
import { testProductsAndConvolutions } from './testing/kernel-contract.ts';

/** Bytes that the modules of feature tests stay below, and our kernels do not. */
const featureTestBytesMax = 1000;

beforeAll(async () => {
  const api = (globalThis as unknown as { WebAssembly: { validate: (bytes: Uint8Array) => boolean } }).WebAssembly;
  const { validate } = api;
  api.validate = (bytes) => bytes.length < featureTestBytesMax && validate(bytes);
  const { note } = await startBackend('wasm');
  api.validate = validate;
  if (note === null) throw new Error('The SIMD kernels must not be registered here');
});

testProductsAndConvolutions();

test('[B2] max-pooling in windows side by side: the gradient goes to the largest value, in equal parts where there are several', () => {
  tf.tidy(() => {
    const input = tf.tensor4d([-1, -5, -2, -2, -4, -6, -7, -2], [1, 2, 4, 1]);
    const output = tf.maxPool(input, 2, 2, 'valid');
    const attrs = { filterSize: [2, 2], strides: [2, 2], pad: 'valid' };
    const dy = tf.tensor4d([3, 6], [1, 1, 2, 1]);
    const before = tf.memory().numTensors;
    const gradient = tf.engine().runKernel<tf.Tensor>('MaxPoolGrad', { dy, input, output }, attrs);
    expect(Array.from(gradient.dataSync())).toEqual([3, 0, 2, 2, 0, 0, 0, 2].map((value) => expect.closeTo(value, 5)));
    expect(tf.memory().numTensors).toBe(before + 1);
  });
});
