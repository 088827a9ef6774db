import { measureOf, placesOf, type Place } from '@gradpool/experiment';
import type { BaselineRowView as BaselineRow, Leaderboard, LeaderboardRow } from '@gradpool/protocol';
import { compareValues, valueKey, type Value } from '../app/parameters.ts';
import { cellFigureNames } from './cell-figures.ts';
import type { Sort, ViewState } from './view-state.ts';

/** One line of the ranking table. */
export type TableLine =
  | { readonly kind: 'group'; readonly key: string; readonly value: Value | undefined; readonly cells: number }
  | { readonly kind: 'cell'; readonly key: string; readonly row: LeaderboardRow; readonly place: Place | null }
  | { readonly kind: 'baseline'; readonly key: string; readonly baseline: BaselineRow };

type Entry = Exclude<TableLine, { readonly kind: 'group' }>;

/**
 * The lines to show, best first unless sorted otherwise. Cells are ranked among what is shown, within each group;
 * baselines stand between them by their error, without a place.
 */
export function rankingOf(board: Leaderboard, view: Pick<ViewState, 'filters' | 'group' | 'sort'>): TableLine[] {
  const rows = board.rows.filter(({ parameters }) => passes(view, (name) => parameters[name]));
  const baselines = board.baselines.filter((row) => passes(view, (name) => baselineValue(row, name)));
  if (view.group === null) return linesOf(board.goal, view.sort, rows, baselines);
  const { group } = view;
  return groupsOf(rows, group).flatMap(({ value, members }) => {
    const among = baselines.filter((row) => fits(baselineValue(row, group), new Set([valueKey(value)])));
    const lines = linesOf(board.goal, view.sort, members, among);
    const key = valueKey(value);
    const head: TableLine = { kind: 'group', key: `group ${key}`, value, cells: members.length };
    return [head, ...lines.map((line) => ({ ...line, key: `${key} ${line.key}` }))];
  });
}

/** What a baseline has of a parameter; null where it is the same for every value of it. */
function baselineValue({ baseline, latent, noise }: BaselineRow, name: string): Value | undefined {
  if (name === 'latent') return latent;
  // The mean image and PCA on clean pictures do not see the noise.
  if (name === 'noise') return baseline === 'mean_image' ? null : noise;
  return null;
}

const passes = (view: Pick<ViewState, 'filters'>, valueOf: (name: string) => Value | undefined): boolean =>
  [...view.filters].every(([name, shown]) => fits(valueOf(name), shown));

const fits = (value: Value | undefined, shown: ReadonlySet<string>): boolean =>
  value === null || shown.has(valueKey(value));

function groupsOf(rows: readonly LeaderboardRow[], name: string) {
  const groups = new Map<string, { value: Value | undefined; members: LeaderboardRow[] }>();
  for (const row of rows) {
    const value = row.parameters[name];
    const found = groups.get(valueKey(value));
    if (found) found.members.push(row);
    else groups.set(valueKey(value), { value, members: [row] });
  }
  return [...groups.values()].sort((a, b) => compareValues(a.value, b.value));
}

function linesOf(
  goal: Leaderboard['goal'],
  sort: Sort,
  rows: readonly LeaderboardRow[],
  baselines: readonly BaselineRow[],
): Entry[] {
  const sign = goal === 'maximize' ? -1 : 1;
  const best = [...rows].sort((a, b) => sign * (a.mean - b.mean));
  const places = placesOf(best);
  const cells = best.map((row, i): Entry => ({ kind: 'cell', key: row.cellId, row, place: places[i] ?? null }));
  const known = baselines.map((baseline): Entry => ({ kind: 'baseline', key: baselineKey(baseline), baseline }));
  const turn = sort.falling ? -1 : 1;
  const byMean = (a: Entry, b: Entry): number => sign * (meanOf(a) - meanOf(b));
  if (sort.by === 'mean') return [...cells, ...known].sort((a, b) => turn * byMean(a, b));
  return [...cells, ...known].sort((a, b) => compareBy(sort.by, turn, a, b) || byMean(a, b));
}

function compareBy(column: string, turn: 1 | -1, a: Entry, b: Entry): number {
  if (column === 'n' || column === 'ci95') return turn * (figureOf(a, column) - figureOf(b, column));
  const valueOf = cellFigureNames.includes(column) ? figureIn : parameterOf;
  const [left, right] = [valueOf(a, column), valueOf(b, column)];
  // What holds for every value, or has no such figure, stands last, either way round.
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return turn * compareValues(left, right);
}

const figureOf = (line: Entry, column: 'n' | 'ci95'): number => (line.kind === 'cell' ? (line.row[column] ?? 0) : 0);

const figureIn = (line: Entry, name: string): number | null =>
  line.kind === 'cell' ? (measureOf(line.row, name) ?? null) : null;

const parameterOf = (line: Entry, name: string): Value | undefined =>
  line.kind === 'cell' ? line.row.parameters[name] : baselineValue(line.baseline, name);

const meanOf = (line: Entry): number => (line.kind === 'cell' ? line.row.mean : line.baseline.testMse);

const baselineKey = ({ baseline, latent, noise }: BaselineRow): string => `${baseline} ${latent ?? '-'} ${noise}`;
