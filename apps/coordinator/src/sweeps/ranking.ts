import { measuresOf, provenanceOf, prunedCells, type State } from '@gradpool/coordination';
import type { Leaderboard } from '@gradpool/protocol';
import type { StoredLeaderboard } from '../store/leaderboard.ts';

/**
 * Puts beside each row its further figures and how they came about, and beside all rows the cells without one, which the
 * core's state tells without another read.
 */
export function withProvenance(state: State, stored: StoredLeaderboard): Leaderboard {
  const known = provenanceOf(state, stored.sweepId);
  const measured = measuresOf(state, stored.sweepId);
  const rows = stored.rows.flatMap((row) => {
    const provenance = known.get(row.cellId);
    return provenance ? [{ ...row, measures: measured.get(row.cellId) ?? {}, provenance }] : [];
  });
  return { ...stored, rows, pruned: prunedCells(state, stored.sweepId) };
}
