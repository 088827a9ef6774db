import { noTrials, type Leaderboard, type LeaderboardRow, type TrialState, type TrialView } from '@gradpool/protocol';
import { compareValues, valueKey, type Value } from '../app/parameters.ts';
import type { ViewState } from './view-state.ts';

/** One square of the map: the cells of the sweep that lie there. */
export interface Square {
  readonly across: Value | undefined;
  readonly down: Value | undefined;
  /** The best verified cell; null while there is none. */
  readonly best: LeaderboardRow | null;
  readonly cells: number;
  readonly trials: Readonly<Record<TrialState, number>>;
}

export interface Grid {
  readonly across: readonly Value[];
  readonly down: readonly Value[];
  /** By `squareKey`; a pair of values without a cell has none. */
  readonly squares: ReadonlyMap<string, Square>;
}

/** Values of one parameter beyond which a map cannot be read. */
export const axisValuesMax = 48;

export const squareKey = (across: Value | undefined, down: Value | undefined): string =>
  `${valueKey(across)} ${valueKey(down)}`;

export interface GridOptions {
  readonly across: string;
  /** Null for a sweep with one swept parameter: the map then has one row. */
  readonly down: string | null;
  readonly filters: ViewState['filters'];
  /** Values to show whether or not a cell is known there, for each axis. */
  readonly listed: { readonly across: readonly Value[]; readonly down: readonly Value[] };
}

/** The map of what is verified and under way. Null where an axis has more than `axisValuesMax` values. */
export function gridOf(
  board: Pick<Leaderboard, 'rows' | 'goal'>,
  trials: Iterable<Pick<TrialView, 'cellId' | 'parameters' | 'state'>>,
  options: GridOptions,
): Grid | null {
  const squares = new Map<string, Growing>();
  const at = (parameters: LeaderboardRow['parameters']): Growing | null => {
    if (!passes(options.filters, parameters)) return null;
    const across = parameters[options.across];
    const down = options.down === null ? undefined : parameters[options.down];
    const key = squareKey(across, down);
    const square = squares.get(key) ?? { across, down, best: null, cellIds: new Set(), trials: { ...noTrials } };
    squares.set(key, square);
    return square;
  };
  for (const { cellId, parameters, state } of trials) {
    const square = at(parameters);
    square?.cellIds.add(cellId);
    if (square) square.trials[state] += 1;
  }
  for (const row of board.rows) {
    const square = at(row.parameters);
    square?.cellIds.add(row.cellId);
    if (square && isBetter(board.goal, row, square.best)) square.best = row;
  }
  return framed([...squares.values()], options);
}

interface Growing {
  readonly across: Value | undefined;
  readonly down: Value | undefined;
  best: LeaderboardRow | null;
  readonly cellIds: Set<string>;
  readonly trials: Record<TrialState, number>;
}

function framed(squares: readonly Growing[], { listed, filters, across, down }: GridOptions): Grid | null {
  const ofAcross = axis([...shown(listed.across, filters.get(across)), ...squares.map((square) => square.across)]);
  const ofDown = axis([
    ...shown(listed.down, down === null ? undefined : filters.get(down)),
    ...squares.map((square) => square.down),
  ]);
  if (ofAcross.length > axisValuesMax || ofDown.length > axisValuesMax) return null;
  const entries = squares.map(({ cellIds, ...square }): [string, Square] => [
    squareKey(square.across, square.down),
    { ...square, cells: cellIds.size },
  ]);
  return { across: ofAcross, down: ofDown, squares: new Map(entries) };
}

const shown = (values: readonly Value[], filter: ReadonlySet<string> | undefined): readonly Value[] =>
  filter === undefined ? values : values.filter((value) => filter.has(valueKey(value)));

/** Each value once, in order. */
function axis(values: readonly (Value | undefined)[]): Value[] {
  const distinct = new Map(values.map((value) => [valueKey(value), value ?? null]));
  return [...distinct.values()].sort(compareValues);
}

const passes = (filters: ViewState['filters'], parameters: LeaderboardRow['parameters']): boolean =>
  [...filters].every(([name, values]) => values.has(valueKey(parameters[name])));

const isBetter = (goal: Leaderboard['goal'], row: LeaderboardRow, than: LeaderboardRow | null): boolean =>
  than === null || (goal === 'maximize' ? row.mean > than.mean : row.mean < than.mean);
