import type { Leaderboard, LeaderboardRow, TrialView } from '@gradpool/protocol';
import { gridOf, type Grid } from '../screen/grid.ts';
import { parametersLabel, varyingParameters } from '../screen/parameters.ts';

/** Slices beyond which only the ranking can be read. */
export const slicesMax = 8;

/** The cells that differ in latent size and noise factor only; `label` names what sets them apart from other slices. */
export interface Slice {
  readonly label: string;
  readonly board: Leaderboard;
  readonly grid: Grid;
}

/**
 * The board cut into grids of latent size by noise factor, one for each combination of the other parameters. None where
 * the sweep is no such thing: a random search, say, in which hardly any two cells share those.
 */
export function slicesOf(board: Leaderboard): Slice[] {
  const others = varyingParameters(board.rows).filter((name) => name !== 'latent' && name !== 'noise');
  const groups = new Map<string, LeaderboardRow[]>();
  for (const row of board.rows) {
    const label = parametersLabel(row.parameters, others);
    groups.set(label, [...(groups.get(label) ?? []), row]);
  }
  if (groups.size > slicesMax) return [];
  return [...groups].flatMap(([label, rows]) => {
    const part = { ...board, rows };
    const grid = gridOf(part);
    // A single cell is no grid: the ranking says as much.
    return grid && (rows.length > 1 || groups.size === 1) ? [{ label, board: part, grid }] : [];
  });
}

/** Verified test error of each cell by seed. */
export type SeedErrors = ReadonlyMap<string, ReadonlyMap<number, number>>;

export function seedErrors(trials: readonly TrialView[]): SeedErrors {
  const errors = new Map<string, Map<number, number>>();
  for (const { cellId, seed, score } of trials) {
    if (score === null) continue;
    const known = errors.get(cellId) ?? new Map<number, number>();
    errors.set(cellId, known.set(seed, score));
  }
  return errors;
}
