import { fillUniforms, streamOf } from '@gradpool/tensors';
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

/** Pairs up to which every pattern of signs is tried: 2^16 of them. Above, as many are drawn. */
const exactPairsMax = 16;
const drawnPatterns = 1 << exactPairsMax;

/**
 * Two-sided p-value of the paired sign-flip test (Fisher's randomization test): the share of sign patterns under which
 * the differences add up to at least as much as they do, in size. It asks nothing but that each difference were as likely
 * to come out the other way round if there were no effect. Exact up to 16 differences; above, patterns drawn by a fixed key.
 */
export function signFlipTest(differences: readonly number[]): number {
  const size = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  const observed = Math.abs(differences.reduce((sum, difference) => sum + difference, 0));
  // Sums of the same numbers in another order differ in their last bits.
  const bound = observed - 1e-12 * size;
  return differences.length <= exactPairsMax ? exactShare(differences, bound) : drawnShare(differences, bound);
}

/** Smallest p-value that the test can give with so many pairs: all differences point the same way. */
export const signFlipSmallest = (pairs: number): number => Math.min(1, 2 ** (1 - pairs));

function exactShare(differences: readonly number[], bound: number): number {
  const reaching = (sum: number, next: number): number => {
    const difference = differences[next];
    if (difference === undefined) return Math.abs(sum) >= bound ? 1 : 0;
    return reaching(sum + difference, next + 1) + reaching(sum - difference, next + 1);
  };
  return reaching(0, 0) / 2 ** differences.length;
}

/** The pattern seen counts as one of those drawn, so that no p-value is 0 (Phipson and Smyth 2010). */
function drawnShare(differences: readonly number[], bound: number): number {
  const uniforms = new Float32Array(differences.length);
  const key = { seed: 0, stream: streamOf('sign-flip') };
  let reaching = 1;
  for (let pattern = 0; pattern < drawnPatterns; pattern += 1) {
    fillUniforms(uniforms, key, pattern * differences.length);
    const sum = differences.reduce((total, value, i) => total + ((uniforms[i] ?? 0) < 0.5 ? value : -value), 0);
    if (Math.abs(sum) >= bound) reaching += 1;
  }
  return reaching / (drawnPatterns + 1);
}

/**
 * P-values adjusted for their number, in the order given (Holm 1979): a value at or below alpha is significant at a
 * family-wise error rate of alpha, however the tests depend on each other.
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const rising = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = pValues.map(() => 1);
  let largest = 0;
  rising.forEach(({ p, index }, place) => {
    largest = Math.max(largest, Math.min(1, p * (pValues.length - place)));
    adjusted[index] = largest;
  });
  return adjusted;
}
