import { describe, expect, test } from '@jest/globals';
import { compareScheduling } from './scheduling.ts';

describe('scheduling', () => {
  const reports = [1, 2, 3, 4].map((seed) => compareScheduling(seed));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

  test('[X4] 30 uneven workers that come and go reach at least 0.8 of the fluid bound on 64 cells', () => {
    expect(Math.min(...reports.map(({ gradpoolShare }) => gradpoolShare))).toBeGreaterThan(0.8);
    expect(mean(reports.map(({ gradpoolShare }) => gradpoolShare))).toBeGreaterThan(0.85);
    expect(Math.max(...reports.map(({ gradpoolShare }) => gradpoolShare))).toBeLessThanOrEqual(1);
  });

  test('[X4] that is far ahead of a queue that restarts what a leaver leaves', () => {
    for (const { gradpoolShare, fifoRestartShare } of reports) {
      expect(gradpoolShare).toBeGreaterThan(1.5 * fifoRestartShare);
    }
  });

  test('[X2] the same seed gives the same figures', () => {
    expect(compareScheduling(1)).toEqual(reports[0]);
  });
});
