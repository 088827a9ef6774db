import quantile from '@stdlib/stats-base-dists-t-quantile';

export interface Summary {
  readonly n: number;
  readonly mean: number;
  /** Sample standard deviation (n - 1); null for fewer than two values. */
  readonly sd: number | null;
  /** Half-width of the 95 % t-interval of the mean; null for fewer than two values. */
  readonly ci95: number | null;
}

/** Mean, spread and 95 % interval of the values (seeds of one cell). The mean of none is NaN. */
export function summarize(values: readonly number[]): Summary {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { n, mean, sd: null, ci95: null };
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  return { n, mean, sd, ci95: (quantile(0.975, n - 1) * sd) / Math.sqrt(n) };
}
