import { expect, test } from '@jest/globals';
import type { TrialView } from '@gradpool/protocol';
import { bestAndWorst } from './best-and-worst.ts';

const trial = (trialId: string, score: number | null) => ({ trialId, score }) as TrialView;

test('the lowest and the highest verified error, whatever the order', () => {
  const trials = [trial('a', 0.03), trial('b', 0.05), trial('c', null), trial('d', 0.02)];
  expect(bestAndWorst(trials, 'minimize')).toEqual({ best: trial('d', 0.02), worst: trial('b', 0.05) });
  expect(bestAndWorst(trials, 'maximize')?.best).toEqual(trial('b', 0.05));
});

test('fewer than two verified trials make no pair', () => {
  expect(bestAndWorst([], 'minimize')).toBeNull();
  expect(bestAndWorst([trial('a', 0.03), trial('b', null)], 'minimize')).toBeNull();
});
