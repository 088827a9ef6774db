import { expect, test } from '@jest/globals';
import { addTo, difference, isFiniteVector } from './vectors.ts';

test('[T19] differences, weighted sums, and a look for values that are not finite', () => {
  const [a, b] = [Float32Array.of(1, 2, 3), Float32Array.of(0.5, 4, -1)];
  expect(difference(a, b)).toEqual(Float32Array.of(0.5, -2, 4));
  addTo(a, b);
  expect(a).toEqual(Float32Array.of(1.5, 6, 2));
  addTo(a, b, 2);
  expect(a).toEqual(Float32Array.of(2.5, 14, 0));
  expect([a, Float32Array.of(0, NaN), Float32Array.of(-Infinity, 0)].map(isFiniteVector)).toEqual([true, false, false]);
});
