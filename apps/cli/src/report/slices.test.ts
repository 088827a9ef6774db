import { expect, test } from '@jest/globals';
import { id, sampleBoard, sampleTrial } from '../testing/sample-room.ts';
import { seedErrors, slicesMax, slicesOf } from './slices.ts';

const boardOf = (parameters: readonly Record<string, string | number>[]) => {
  const [row] = sampleBoard().rows;
  return sampleBoard([], {
    rows: parameters.flatMap((given, i) => (row ? [{ ...row, cellId: id(i), parameters: given }] : [])),
  });
};

test('a plain grid is one slice without a label', () => {
  expect(slicesOf(sampleBoard()).map(({ label, grid }) => [label, grid.latents, grid.noises])).toEqual([
    ['', [2, 8, 32], [0, 0.3, 0.9]],
  ]);
});

test('other parameters cut it into one grid each, named by them; a single cell is none', () => {
  const slices = slicesOf(
    boardOf([
      { model: 'mlp', latent: 2 },
      { model: 'mlp', latent: 8 },
      { model: 'cnn', latent: 8 },
      { model: 'cnn', latent: 4 },
      { model: 'vanilla', latent: 4 },
    ]),
  );
  expect(slices.map(({ label, grid }) => [label, grid.latents])).toEqual([
    ['model mlp', [2, 8]],
    ['model cnn', [4, 8]],
  ]);
});

test('a search in which no two cells share the rest has none', () => {
  const cells = Array.from({ length: slicesMax + 1 }, (_, i) => ({ latent: 2, learning_rate: i + 1 }));
  expect(slicesOf(boardOf(cells))).toEqual([]);
});

test('errors by cell and seed; what is not verified counts for nothing', () => {
  const errors = seedErrors([
    sampleTrial(1, { cellId: id(7), seed: 0, score: 0.1 }),
    sampleTrial(2, { cellId: id(7), seed: 1, score: null }),
    sampleTrial(3, { cellId: id(7), seed: 2, score: 0.3 }),
  ]);
  expect([...(errors.get(id(7)) ?? [])]).toEqual([
    [0, 0.1],
    [2, 0.3],
  ]);
});
