import quantile from '@stdlib/stats-base-dists-t-quantile';
import type { CellRow, SweepRow } from '@gradpool/coordination';
import { rankedSeedsMin } from '@gradpool/experiment';
import type { BaselineTask, BaselineValue, Leaderboard, LeaderboardRow } from '@gradpool/protocol';

/** What the ranking needs of a cell: count, mean and sum of squared deviations of its complete trials' scores. */
export interface CellAggregate {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
}

export type RankedSweep = Pick<SweepRow, 'sweepId' | 'name' | 'metric' | 'goal' | 'baselines'>;
export type RankedCell = Pick<CellRow, 'cellId' | 'index' | 'parameters'>;

/** The ranking as far as the store knows it: further figures, how they came about and which cells were stopped early, the core's state tells. */
type RankedRow = Omit<LeaderboardRow, 'measures' | 'provenance'>;
export type StoredLeaderboard = Omit<Leaderboard, 'rows' | 'pruned'> & { readonly rows: readonly RankedRow[] };

/** The ranking of one sweep from its aggregates and its data set's baselines; cells without a complete trial are left out. */
export function leaderboardOf(
  sweep: RankedSweep,
  cells: readonly {
    readonly cell: RankedCell;
    readonly aggregate: CellAggregate;
  }[],
  baselines: readonly BaselineValue[],
): StoredLeaderboard {
  const sign = sweep.goal === 'maximize' ? -1 : 1;
  const ordered = cells
    .filter(({ aggregate }) => aggregate.n > 0)
    .sort((a, b) => sign * (a.aggregate.mean - b.aggregate.mean) || a.cell.index - b.cell.index);
  let rank = 0;
  const rows = ordered.map(({ cell, aggregate }): RankedRow => {
    const { n, mean } = aggregate;
    if (n >= rankedSeedsMin) rank += 1;
    const { cellId, parameters } = cell;
    return { cellId, parameters, n, mean, ...spread(aggregate), rank: n >= rankedSeedsMin ? rank : null };
  });
  const { sweepId, name, metric, goal } = sweep;
  return { sweepId, name, metric, goal, rows, baselines: baselinesOf(sweep, baselines) };
}

/** Sample standard deviation and half-width of the 95 % t-interval; null for fewer than two values. */
function spread({ n, m2 }: CellAggregate): Pick<LeaderboardRow, 'sd' | 'ci95'> {
  if (n < 2) return { sd: null, ci95: null };
  const sd = Math.sqrt(Math.max(0, m2) / (n - 1));
  return { sd, ci95: (quantile95(n - 1) * sd) / Math.sqrt(n) };
}

const quantiles = new Map<number, number>();

/** Two-sided 95 % quantile of Student's t; kept, because every cell of a sweep tends to have the same count. */
function quantile95(degreesOfFreedom: number): number {
  const known = quantiles.get(degreesOfFreedom);
  if (known !== undefined) return known;
  const value = quantile(0.975, degreesOfFreedom);
  if (quantiles.size < 10_000) quantiles.set(degreesOfFreedom, value);
  return value;
}

/** The values that are there of the baselines that the sweep asks for, in its own order. */
function baselinesOf(sweep: RankedSweep, known: readonly BaselineValue[]): Leaderboard['baselines'] {
  const values = new Map(known.map((value) => [baselineKey(value), value]));
  return sweep.baselines.flatMap((task) => {
    const value = values.get(baselineKey(task));
    return value ? [{ ...task, testMse: value.testMse }] : [];
  });
}

function baselineKey({ baseline, latent, noise }: BaselineTask): string {
  return `${baseline} ${latent ?? '-'} ${noise}`;
}
