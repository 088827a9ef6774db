import { describe, expect, test } from '@jest/globals';
import { summarize } from './statistics.ts';

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
