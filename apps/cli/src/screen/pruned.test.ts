import { expect, test } from '@jest/globals';
import { sampleBoard } from '../testing/sample-room.ts';
import { plainLook } from './paint.ts';
import { prunedLines } from './pruned.ts';

const cell = (latent: number, epoch: number, place: number) => ({
  ...{ cellId: `00000000-0000-7000-8000-00000000000${latent}` as never, parameters: { latent, noise: 0.3 } },
  ...{ epoch, place, of: 9, kept: 3, mean: 0.0312, epochsSaved: 27 - epoch },
});

test('says which cells were stopped early, why, and how many epochs that saved', () => {
  const board = sampleBoard(undefined, { rows: [], pruned: [cell(2, 3, 4), cell(4, 1, 7)] });
  expect(prunedLines(board, plainLook(120), 1)).toEqual([
    '  2 cells stopped early, so not ranked; 50 epochs saved:',
    '    latent 2: place 4 of 9 after epoch 3, validation MSE 0.03120; the best 3 went on',
    '    and 1 more',
  ]);
  expect(prunedLines(sampleBoard(), plainLook(120), 5)).toEqual([]);
});

test('says it by what the sweep ranks by', () => {
  const ranked = { metric: 'test_accuracy', goal: 'maximize' as const, rows: [], pruned: [cell(2, 3, 4)] };
  expect(prunedLines(sampleBoard(undefined, ranked), plainLook(120), 1)[1]).toMatch(/validation accuracy 3.12 %;/);
});
