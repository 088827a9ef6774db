import { expect, test } from '@jest/globals';
import { mnistManifest } from '@gradpool/experiment';
import { sampleReport } from '../testing/sample-report.ts';
import { publishedComparisons } from './published.ts';
import { slicesOf } from './slices.ts';

test('a table that can be read in two ways is compared in both', () => {
  const { slices } = sampleReport([
    [4, 0, [0.02, 0.02, 0.02]],
    [4, 0.3, [0.025, 0.025, 0.025]],
    [5, 0, [0.01, 0.01, 0.01]],
  ]);
  const tables = publishedComparisons(slices, mnistManifest);
  expect(tables.map(({ title, comparisons }) => [title, comparisons.map(({ mean, error }) => mean < error)])).toEqual([
    ['the lab’s first table, read as it is described: without noise', [true]],
    ['the same table, read as it is headed: noise 0.3', [false]],
    ['the best figures in the lab’s text', [false]],
    ['a strong plain recipe in PyTorch, one seed', [true]],
  ]);
});

test('codes of k channels are no codes of k numbers, and parts of MNIST no MNIST', () => {
  const { board, slices } = sampleReport([
    [4, 0, [0.02, 0.02, 0.02]],
    [8, 0, [0.02, 0.02, 0.02]],
  ]);
  const rows = board.rows.map((row) => ({
    ...row,
    parameters: { ...row.parameters, model: 'cnn', bottleneck: 'spatial' },
  }));
  expect(publishedComparisons(slicesOf({ ...board, rows }), mnistManifest)).toEqual([]);
  expect(publishedComparisons(slices, { ...mnistManifest, train: { images: 500 } })).toEqual([]);
  expect(publishedComparisons(slices, { ...mnistManifest, name: 'digits' })).toEqual([]);
});
