import { expect, test } from '@jest/globals';
import { searchByCurves, type RecordedCell } from './curve-search.ts';

/** Errors fall towards an end of their own, so that the order of two cells never changes; every ninth training fails after 2 epochs. */
const cells = Array.from({ length: 81 }, (_, index): RecordedCell => {
  const end = ((index * 37) % 81) / 81;
  const validation = Array.from({ length: index % 9 === 8 ? 2 : 27 }, (__, epoch) => end + 1 / (epoch + 1));
  return { parameters: { index }, epochs: 27, validation };
});
const earlyTerminate = { type: 'asha', eta: 3, min_iter: 1, compare_within: [] };

test('[X7] without early termination every training goes to its end or its failure', () => {
  const { epochs, finished, pruned } = searchByCurves({ cells, earlyTerminate: null, workers: 4, seed: 0 });
  expect([epochs, finished.length, pruned]).toEqual([72 * 27 + 9 * 2, 72, 0]);
});

test.each([1, 4, 30])('[X7] with it %i workers find the best one in less than 30 % of the epochs', (workers) => {
  const best = cells.findIndex(({ validation }) => validation.length === 27 && validation[26]! < 1 / 27 + 1 / 81);
  for (let seed = 0; seed < 5; seed += 1) {
    const { epochs, finished, pruned } = searchByCurves({ cells, earlyTerminate, workers, seed });
    expect(finished).toContain(best);
    expect(epochs).toBeLessThan(0.3 * 81 * 27);
    expect(finished.length + pruned).toBeGreaterThan(70);
  }
});
