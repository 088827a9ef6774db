import { expect, test } from '@jest/globals';
import { exponential, largestOf, softmaxCrossEntropy } from './softmax.ts';

test('[C4] e^x below 0 agrees with Math.exp to 14 digits', () => {
  for (let x = 0; x > -87; x -= 0.0371) expect(Math.abs(exponential(x) / Math.exp(x) - 1)).toBeLessThan(1e-14);
  expect([exponential(0), exponential(-1000), exponential(-Infinity), exponential(NaN)]).toEqual([1, 0, 0, NaN]);
});

test('[C4] cross-entropy and its gradient of two rows by hand', () => {
  const logits = Float32Array.of(0, Math.log(3), 1000, 0);
  const gradient = new Float32Array(4);
  const loss = softmaxCrossEntropy(logits, [1, 0], { count: 2, classes: 2 }, gradient);
  expect(loss).toBeCloseTo(-Math.log(0.75) / 2, 7);
  expect([...gradient].map((value) => Number(value.toFixed(6)))).toEqual([0.125, -0.125, 0, 0]);
});

test('[C4] logits that are not finite give a loss that is not', () => {
  expect(softmaxCrossEntropy(Float32Array.of(NaN, 1), [0], { count: 1, classes: 2 }, null)).toBeNaN();
});

test('of equals the first is the largest', () => {
  expect(largestOf(Float32Array.of(9, 1, 3, 3), 1, 3)).toBe(1);
});
