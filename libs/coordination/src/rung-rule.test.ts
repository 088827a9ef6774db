import { describe, expect, test } from '@jest/globals';
import { halvingRule, judgeRung, nextStop, rungEpochs } from './rung-rule.ts';

const rule = { eta: 3, minIter: 1 };
const least = { eta: 3, goal: 'minimize' } as const;

describe('the rungs of a trial', () => {
  test('[H1] are at min_iter times the powers of eta, below its epochs', () => {
    expect(rungEpochs(rule, 27)).toEqual([1, 3, 9]);
    expect(rungEpochs({ ...rule, eta: 4, minIter: 2 }, 12)).toEqual([2, 8]);
    expect(rungEpochs({ ...rule, minIter: 5 }, 5)).toEqual([]);
    expect([0, 1, 3, 9, 27].map((epoch) => nextStop(rule, epoch, 27))).toEqual([1, 3, 9, 27, 27]);
  });

  test('[H1] a sweep without the key has none', () => {
    expect(halvingRule({ spec: {}, metric: 'test_mse', goal: 'minimize' })).toBeNull();
    const spec = { early_terminate: { type: 'asha', eta: 3, min_iter: 1, compare_within: ['latent'] } };
    const parts = { eta: 3, minIter: 1, compareWithin: ['latent'] };
    expect(halvingRule({ spec, metric: 'test_mse', goal: 'minimize' })).toEqual({
      ...{ ...parts, figure: 'validation_mse', goal: 'minimize' },
    });
    expect(halvingRule({ spec, metric: 'test_accuracy', goal: 'maximize' })).toEqual({
      ...{ ...parts, figure: 'validation_accuracy', goal: 'maximize' },
    });
    // Nothing is chosen by pictures of the class left out.
    expect(halvingRule({ spec, metric: 'test_auc', goal: 'maximize' })).toEqual({
      ...{ ...parts, figure: 'validation_mse', goal: 'minimize' },
    });
  });
});

describe('a rung', () => {
  const at = (mean: number, index: number, decided = false) => ({ cell: `c${index}`, mean, index, decided });

  test('[H4] lets the best third go on as soon as there are three, and prunes who cannot be among the best of all', () => {
    const two = [at(0.3, 0), at(0.1, 1)];
    expect(judgeRung(two, 7, least)).toEqual({ promoted: [], pruned: [], of: 9, kept: 3 });
    expect(judgeRung([...two, at(0.2, 2)], 6, least)).toEqual({ promoted: ['c1'], pruned: [], of: 9, kept: 3 });
    const four = [at(0.3, 0), at(0.1, 1, true), at(0.2, 2), at(0.25, 3)];
    expect(judgeRung(four, 5, least)).toEqual({
      promoted: [],
      pruned: [{ cell: 'c0', place: 4, mean: 0.3 }],
      of: 9,
      kept: 3,
    });
  });

  test('[H4] when all are there at least one goes on and everybody else is pruned; the lower index wins a tie', () => {
    expect(judgeRung([at(0.2, 1), at(0.2, 0)], 0, least)).toEqual({
      promoted: ['c0'],
      pruned: [{ cell: 'c1', place: 2, mean: 0.2 }],
      of: 2,
      kept: 1,
    });
    expect(judgeRung([], 0, least)).toEqual({ promoted: [], pruned: [], of: 0, kept: 1 });
  });

  test('[H4] where more is better the highest go on', () => {
    const four = [at(0.7, 0), at(0.9, 1), at(0.8, 2), at(0.9, 3)];
    expect(judgeRung(four, 0, { eta: 2, goal: 'maximize' })).toEqual({
      promoted: ['c1', 'c3'],
      pruned: [
        { cell: 'c2', place: 3, mean: 0.8 },
        { cell: 'c0', place: 4, mean: 0.7 },
      ],
      ...{ of: 4, kept: 2 },
    });
  });
});
