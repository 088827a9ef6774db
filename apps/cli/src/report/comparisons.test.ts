import { expect, test } from '@jest/globals';
import { sampleReport, type SeededCell } from '../testing/sample-report.ts';
import { linearComparisons, neighbourComparisons, seedsNeeded } from './comparisons.ts';
import { seedErrors } from './slices.ts';

const seeds = (errors: (seed: number) => number, count: number): number[] =>
  Array.from({ length: count }, (_, seed) => errors(seed));

const compared = (cells: readonly SeededCell[]) => {
  const { slices, trials } = sampleReport(cells);
  return {
    neighbours: neighbourComparisons(slices, seedErrors(trials)),
    linear: linearComparisons(slices, seedErrors(trials)),
  };
};

test('neighbouring sizes are paired by their seeds, smaller minus larger never', () => {
  const { neighbours } = compared([
    [2, 0, [0.05, 0.04, 0.06]],
    [8, 0, [0.02, 0.03, 0.01]],
  ]);
  expect(neighbours).toHaveLength(1);
  expect(neighbours[0]).toMatchObject({ label: 'k = 8 against 2, noise 0', pairs: 3, p: 0.25, adjusted: 0.25 });
  expect(neighbours[0]?.difference).toBeCloseTo(-0.03, 12);
});

test('seeds that only one of the two has are left out, and a pair without a shared seed is no comparison', () => {
  const { neighbours } = compared([
    [2, 0, [0.05, 0.04]],
    [8, 0, [0.02]],
    [32, 0, []],
  ]);
  expect(neighbours.map(({ pairs, difference, ci95 }) => [pairs, difference.toFixed(3), ci95])).toEqual([
    [1, '-0.030', null],
  ]);
});

test('the correction counts every comparison of the table', () => {
  const { neighbours } = compared([
    [2, 0, seeds((seed) => 0.05 + seed / 1e4, 8)],
    [8, 0, seeds((seed) => 0.02 + seed / 2e4, 8)],
    [32, 0, seeds((seed) => 0.01 + seed / 3e4, 8)],
  ]);
  expect(neighbours.map(({ p, adjusted }) => [p, adjusted])).toEqual([
    [2 ** -7, 2 ** -6],
    [2 ** -7, 2 ** -6],
  ]);
});

test('against the linear method of the same size and noise', () => {
  const { linear } = compared([
    [2, 0, [0.0457, 0.0457]],
    [8, 0.9, [0.0547, 0.0547]],
  ]);
  expect(linear.map(({ label, difference }) => [label, difference.toFixed(4)])).toEqual([
    ['k = 2, noise 0', '-0.0100'],
    ['k = 8, noise 0.9', '0.0100'],
  ]);
});

test('the seeds that so many comparisons need', () => {
  // m 2^(1 - n) <= 0.05.
  expect([1, 2, 6, 9, 16].map(seedsNeeded)).toEqual([6, 7, 8, 9, 10]);
});
