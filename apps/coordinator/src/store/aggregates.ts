import type { TrialRow } from '@gradpool/coordination';
import type { CellAggregate } from './leaderboard.ts';

/** A trial's figure that counts towards its cell: only complete (verified) trials have one. */
export function countedValue(row: Pick<TrialRow, 'state' | 'score'>): number | null {
  return row.state === 'complete' ? row.score : null;
}

/** Count, mean and sum of squared deviations of the values; zeros for none. */
export function aggregateOf(values: readonly number[]): CellAggregate {
  if (values.length === 0) return { n: 0, mean: 0, m2: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { n: values.length, mean, m2: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}
