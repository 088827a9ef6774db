import { expect, test } from '@jest/globals';
import { codeOf, codesBetween, codesOfPlane, shownDeviations, spreadOfUnits } from './code-spread.ts';

const coded = { codeSize: 2, count: 3, codes: Float32Array.of(1, 10, 2, 10, 3, 10) };

test('mean and deviation of each number over the pictures', () => {
  const [first, second] = spreadOfUnits(coded);
  expect(first).toEqual({ unit: 0, mean: 2, sd: Math.sqrt(2 / 3) });
  expect(second).toEqual({ unit: 1, mean: 10, sd: 0 });
});

test('the plane goes from left to right and from top to bottom, around the mean', () => {
  const plane = codesOfPlane(
    [
      { unit: 0, mean: 1, sd: 2 },
      { unit: 1, mean: -1, sd: 4 },
    ],
    3,
  );
  const [x, y] = [2 * shownDeviations, 4 * shownDeviations];
  expect(Array.from(plane.subarray(0, 6))).toEqual([1 - x, -1 + y, 1, -1 + y, 1 + x, -1 + y]);
  expect(Array.from(plane.subarray(6, 8))).toEqual([1 - x, -1]);
  expect(Array.from(plane.subarray(16))).toEqual([1 + x, -1 - y]);
});

test('the way between two codes has both ends', () => {
  const way = codesBetween(codeOf(coded, 0), Float32Array.of(5, 0), 5);
  expect(Array.from(way)).toEqual([1, 10, 2, 7.5, 3, 5, 4, 2.5, 5, 0]);
});
