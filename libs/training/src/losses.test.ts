import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from './backend.ts';
import { lossOfLogits } from './losses.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

test('cross-entropy of extreme logits is finite and right, and so is its gradient', () => {
  tf.tidy(() => {
    const logits = tf.tensor2d([200, -200, 200, -200, 0], [1, 5]);
    const clean = tf.tensor2d([1, 0, 0, 1, 0.5], [1, 5]);
    const { loss, dLogits } = lossOfLogits('bce', logits, clean);
    expect(loss.dataSync()[0]).toBeCloseTo((200 + 200 + Math.LN2) / 5, 4);
    expect(Array.from(dLogits.dataSync())).toEqual([0, 0, expect.closeTo(0.2, 6), expect.closeTo(-0.2, 6), 0]);
  });
});

test('squared error is of the sigmoid', () => {
  tf.tidy(() => {
    const { loss, dLogits } = lossOfLogits('mse', tf.tensor2d([0, 0], [1, 2]), tf.tensor2d([1, 0], [1, 2]));
    expect(loss.dataSync()[0]).toBeCloseTo(0.25, 6);
    expect(Array.from(dLogits.dataSync())).toEqual([expect.closeTo(-0.125, 6), expect.closeTo(0.125, 6)]);
  });
});
