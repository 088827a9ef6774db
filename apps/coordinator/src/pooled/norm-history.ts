/** Norms of the gradients that one run has taken in lately: what the next one is measured by. */
export interface NormHistory {
  readonly recent: number[];
  /** Place that the next one takes. */
  next: number;
}

export const startNorms = (): NormHistory => ({ recent: [], next: 0 });

/** Keeps the last `samples`. */
export function noteNorm(history: NormHistory, norm: number, samples: number): void {
  history.recent[history.next] = norm;
  history.next = (history.next + 1) % samples;
}

/** Middle of the norms; null while fewer than `samplesMin` are there, or where gradients have vanished. */
export function medianNorm({ recent }: NormHistory, samplesMin: number): number | null {
  if (recent.length < samplesMin) return null;
  const sorted = recent.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return median > 0 ? median : null;
}
