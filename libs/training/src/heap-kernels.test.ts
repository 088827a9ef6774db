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

test.each([
  { shape: [3, 2, 5], axis: [0, 1], keepDims: false },
  { shape: [3, 2, 5], axis: [1, 0], keepDims: true },
  { shape: [7, 9], axis: 0, keepDims: false },
  { shape: [7, 9], axis: -1, keepDims: false },
  { shape: [7, 9], axis: [0, 1], keepDims: true },
  { shape: [2, 3, 4], axis: [0, 2], keepDims: false },
  { shape: [0, 4], axis: 0, keepDims: false },
])('[B2] sums over some axes: %j', ({ shape, axis, keepDims }) => {
  tf.tidy(() => {
    const x = tf.randomUniform(shape, -1, 1, 'float32', 6);
    const axes = tf.util.parseAxisParam(axis, shape);
    const summed = tf.sum(x, axis, keepDims);
    const expected = new Map<string, number>();
    x.dataSync().forEach((value, at) => {
      const place = tf.util.indexToLoc(at, shape.length, tf.util.computeStrides(shape));
      const key = place.filter((_, i) => !axes.includes(i)).join();
      expected.set(key, (expected.get(key) ?? 0) + value);
    });
    const kept = shape.flatMap((size, i) => (!axes.includes(i) ? [size] : keepDims ? [1] : []));
    expect(summed.shape).toEqual(kept);
    const values = expected.size > 0 ? [...expected.values()] : new Array<number>(summed.size).fill(0);
    summed.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(values[i]!, 5);
    });
  });
});

test.each([
  { shape: [5, 7], perm: [1, 0] },
  { shape: [5, 7], perm: [0, 1] },
  { shape: [2, 3, 4], perm: [1, 0, 2] },
  { shape: [0, 4], perm: [1, 0] },
])('[B2] transposes: %j', ({ shape, perm }) => {
  tf.tidy(() => {
    const x = tf.reshape(tf.range(0, tf.util.sizeFromShape(shape), 1, 'float32'), shape);
    const y = tf.transpose(x, perm);
    expect(y.shape).toEqual(perm.map((axis) => shape[axis]));
    const strides = tf.util.computeStrides(shape);
    y.dataSync().forEach((value, at) => {
      const place = tf.util.indexToLoc(at, shape.length, tf.util.computeStrides(y.shape));
      const from = shape.map((_, axis) => place[perm.indexOf(axis)]!);
      expect(value).toBe(tf.util.locToIndex(from, shape.length, strides));
    });
  });
});
