import { expect, test } from '@jest/globals';
import { decibels, sumOfSquaredDifferences } from './evaluation.ts';
import { openSimilarity } from './similarity.ts';

const shape = { height: 14, width: 13, channels: 1 };
const picture = (of: (x: number, y: number) => number): Float32Array =>
  Float32Array.from({ length: 14 * 13 }, (_, i) => of(i % 13, Math.floor(i / 13)));
const first = picture((x, y) => ((x * 7 + y * 3) % 11) / 10);
const second = picture((x, y) => Math.min(1, (((x * 7 + y * 3) % 11) / 10) * 0.8 + ((x * 5 + y * 13) % 7) / 30));

test('[J5] SSIM and PSNR have the values of a plain NumPy implementation of their definitions', () => {
  const ssim = openSimilarity(shape);
  expect(ssim(first, second)).toBeCloseTo(0.9641470215517741, 7);
  expect(
    ssim(
      first,
      first.map((value) => 1 - value),
    ),
  ).toBeCloseTo(-0.9890903666362422, 7);
  expect(decibels(sumOfSquaredDifferences(first, second) / first.length)).toBeCloseTo(21.130894018699962, 6);
});

test('[J5] a picture is like itself, and a perfect one has 100 dB', () => {
  expect(openSimilarity(shape)(first, first)).toBeCloseTo(1, 12);
  expect(decibels(0)).toBe(100);
  expect(decibels(0.01)).toBeCloseTo(20, 12);
});

test('[J5] of several channels the mean counts', () => {
  const interleave = (a: Float32Array, b: Float32Array): Float32Array =>
    Float32Array.from({ length: 2 * a.length }, (_, i) => (i % 2 === 0 ? a : b)[i >> 1] ?? NaN);
  const two = openSimilarity({ ...shape, channels: 2 });
  expect(two(interleave(first, first), interleave(second, first))).toBeCloseTo((0.9641470215517741 + 1) / 2, 7);
});

test('[J5] a picture smaller than the window gets a smaller window', () => {
  const small = openSimilarity({ height: 6, width: 5, channels: 1 });
  expect(small(first.subarray(0, 30), first.subarray(0, 30))).toBeCloseTo(1, 12);
  expect(small(first.subarray(0, 30), second.subarray(0, 30))).toBeLessThan(1);
});
