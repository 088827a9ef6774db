import type { CoordinatorLimits } from '../limits.ts';
import type { Refusal } from '../live/result-screen.ts';

export type NormLimits = Pick<CoordinatorLimits, 'pooledNormRatioMax' | 'pooledNormSamples' | 'pooledNormSamplesMin'>;

/** Norms of the gradients, or changes, that one run has taken in lately: what the next one is measured by. */
export interface NormHistory {
  readonly recent: number[];
  /** Place that the next one takes. */
  next: number;
}

export const startNorms = (): NormHistory => ({ recent: [], next: 0 });

/** Keeps the last `samples`. */
function noteNorm(history: NormHistory, norm: number, samples: number): void {
  history.recent[history.next] = norm;
  history.next = (history.next + 1) % samples;
}

/** Middle of the norms; null while fewer than `samplesMin` are there, or where gradients have vanished. */
function medianNorm({ recent }: NormHistory, samplesMin: number): number | null {
  if (recent.length < samplesMin) return null;
  const sorted = recent.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return median > 0 ? median : null;
}

/** What speaks against a vector of this norm; null where nothing does, and then the next one is measured by it as well. */
export function judgeNorm(history: NormHistory, norm: number, limits: NormLimits): Refusal | null {
  const { pooledNormRatioMax, pooledNormSamples, pooledNormSamplesMin } = limits;
  const median = medianNorm(history, pooledNormSamplesMin);
  if (median !== null && norm > pooledNormRatioMax * median) {
    const [seen, usual] = [norm.toPrecision(3), median.toPrecision(3)];
    const message = `the vector has norm ${seen}, beyond ${pooledNormRatioMax} times the median of late, ${usual}; compute it again`;
    return { code: 'E_GRADIENT_NORM', message };
  }
  noteNorm(history, norm, pooledNormSamples);
  return null;
}
