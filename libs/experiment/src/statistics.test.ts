import { describe, expect, test } from '@jest/globals';
import { holmAdjusted, signFlipSmallest, signFlipTest, summarize } from './statistics.ts';

describe('summarize', () => {
  test('[R1] one value has a mean and no spread', () => {
    expect(summarize([0.03])).toEqual({ n: 1, mean: 0.03, sd: null, ci95: null });
    expect(summarize([])).toEqual({ n: 0, mean: NaN, sd: null, ci95: null });
  });

  test('[R1] the interval uses the published quantiles of the t-distribution', () => {
    // t(0.975) for 1, 2, 4 and 9 degrees of freedom.
    const half = (n: number) => (summarize(Array.from({ length: n }, (_, i) => i)).ci95 ?? NaN) * Math.sqrt(n);
    const sd = (n: number) => summarize(Array.from({ length: n }, (_, i) => i)).sd ?? NaN;
    expect(half(2) / sd(2)).toBeCloseTo(12.7062, 4);
    expect(half(3) / sd(3)).toBeCloseTo(4.3027, 4);
    expect(half(5) / sd(5)).toBeCloseTo(2.7764, 4);
    expect(half(10) / sd(10)).toBeCloseTo(2.2622, 4);
  });

  test('[R1] mean and sample standard deviation', () => {
    const { n, mean, sd } = summarize([2, 4, 4, 4, 5, 5, 7, 9]);
    expect([n, mean]).toEqual([8, 5]);
    expect(sd).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(summarize([0.1, 0.1, 0.1]).sd).toBeCloseTo(0, 12);
  });
});

describe('signFlipTest', () => {
  test('[R2] counts the sign patterns that reach the sum seen', () => {
    // All eight patterns of 1, 2, 3: |sum| of 6 twice, 4 twice, 2 twice, 0 twice.
    expect(signFlipTest([1, 2, 3])).toBe(2 / 8);
    expect(signFlipTest([-1, 2, 3])).toBe(4 / 8);
    expect(signFlipTest([1, 2, -3])).toBe(1);
  });

  test('[R2] nothing seen, or no difference, is no evidence', () => {
    expect(signFlipTest([])).toBe(1);
    expect(signFlipTest([0, 0, 0])).toBe(1);
  });

  test('[R2] the scale and the direction of the differences do not count, and ties are not lost to rounding', () => {
    const differences = [0.1, 0.2, 0.3, -0.05, 0.15, 0.07];
    const p = signFlipTest(differences);
    expect(signFlipTest(differences.map((d) => -d))).toBe(p);
    expect(signFlipTest(differences.map((d) => d * 1e-6))).toBe(p);
    expect(signFlipTest(differences.toReversed())).toBe(p);
    expect(signFlipTest([0.1, 0.2, 0.3])).toBe(2 / 8);
  });

  test('[R2] the smallest p-value is that of differences that all point one way', () => {
    for (const pairs of [1, 2, 5, 10]) {
      expect(signFlipTest(Array<number>(pairs).fill(1))).toBe(signFlipSmallest(pairs));
    }
    expect(signFlipSmallest(0)).toBe(1);
  });

  test('[R2] above 16 differences patterns are drawn: close to the exact share, and the same each time', () => {
    // 12 of 20 equal differences are positive: the two tails of a binomial, 2 P(X >= 12).
    const differences = Array.from({ length: 20 }, (_, i) => (i < 12 ? 1 : -1));
    const exact = 2 * [12, 13, 14, 15, 16, 17, 18, 19, 20].reduce((sum, k) => sum + choose(20, k), 0) * 2 ** -20;
    expect(Math.abs(signFlipTest(differences) - exact)).toBeLessThan(0.01);
    expect(signFlipTest(differences)).toBe(signFlipTest(differences));
    expect(signFlipTest(Array<number>(30).fill(1))).toBeGreaterThan(0);
  });
});

describe('holmAdjusted', () => {
  test('[R3] an example by hand, in the order given', () => {
    // 4 x 0.005, 3 x 0.01, 2 x 0.03, and no value below the one before.
    const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map((p) => Number(p.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  test('[R3] one test is left as it is, and nothing exceeds 1', () => {
    expect(holmAdjusted([0.04])).toEqual([0.04]);
    expect(holmAdjusted([0.6, 0.9])).toEqual([1, 1]);
    expect(holmAdjusted([])).toEqual([]);
  });
});

const choose = (n: number, k: number): number =>
  Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((product, factor) => product * factor, 1);
