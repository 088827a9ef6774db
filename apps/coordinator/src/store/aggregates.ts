import type { TrialRow } from '@gradpool/coordination';
import type { CellId, TrialId } from '@gradpool/protocol';
import type { CellAggregate } from './leaderboard.ts';

/** A trial's figure that counts towards its cell: only complete (verified) trials have one. */
export function countedValue(row: Pick<TrialRow, 'state' | 'testMse'>): number | null {
  return row.state === 'complete' ? row.testMse : null;
}

/** Count, mean and sum of squared deviations of the values; zeros for none. */
export function aggregateOf(values: readonly number[]): CellAggregate {
  if (values.length === 0) return { n: 0, mean: 0, m2: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { n: values.length, mean, m2: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

export interface AggregateChanges {
  /** Values that each cell gained: merged into its aggregate without reading its other trials. */
  readonly gained: ReadonlyMap<CellId, CellAggregate>;
  /** Cells whose trials lost or changed a figure (a rare correction): computed afresh. */
  readonly stale: ReadonlySet<CellId>;
}

/** What a commit does to the aggregates, given the figures that its trials had counted with before. */
export function aggregateChanges(
  rows: readonly Pick<TrialRow, 'trialId' | 'cellId' | 'state' | 'testMse'>[],
  before: ReadonlyMap<TrialId, number>,
): AggregateChanges {
  const values = new Map<CellId, number[]>();
  const stale = new Set<CellId>();
  for (const row of rows) {
    const old = before.get(row.trialId) ?? null;
    const value = countedValue(row);
    if (old === value) continue;
    if (old !== null) stale.add(row.cellId);
    else if (value !== null) values.set(row.cellId, [...(values.get(row.cellId) ?? []), value]);
  }
  const gained = new Map([...values].filter(([cell]) => !stale.has(cell)).map(([cell, v]) => [cell, aggregateOf(v)]));
  return { gained, stale };
}
