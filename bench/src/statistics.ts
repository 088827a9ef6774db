/** The value below which `share` of the values lie (nearest rank), 0 to 1; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Median of value / other over the rounds: what happens to the machine meanwhile happens to both sides of a round. */
export const medianRatio = (values: readonly number[], others: readonly number[]): number =>
  Math.round(100 * median(values.map((value, round) => value / (others[round] ?? NaN)))) / 100;
