import { measureOf } from '@gradpool/experiment';
import type { LeaderboardRow } from '@gradpool/protocol';
import { formatCount, formatDuration } from './units.ts';

/** What a cell costs, as columns of a ranking: how large its model and code are, and what training took. */
const figures: readonly { readonly title: string; readonly name: string; readonly text: (value: number) => string }[] =
  [
    { title: 'parameters', name: 'parameters', text: formatCount },
    { title: 'compression', name: 'compression_ratio', text: (ratio) => `${Number(ratio.toPrecision(3))}` },
    { title: 'training', name: 'training_seconds', text: (seconds) => formatDuration(1000 * seconds) },
    { title: 'images/s', name: 'images_per_second', text: formatCount },
    { title: 'overfit gap', name: 'overfit_gap', text: (gap) => gap.toFixed(5) },
  ];

export interface FigureColumn {
  readonly title: string;
  /** Empty where the figure is not known of a cell. */
  readonly of: (row: LeaderboardRow) => string;
}

/** Those that at least one of the cells has. */
export const figureColumns = (rows: readonly LeaderboardRow[]): FigureColumn[] =>
  figures
    .filter(({ name }) => rows.some((row) => measureOf(row, name) !== undefined))
    .map(({ title, name, text }) => ({
      title,
      of: (row) => {
        const value = measureOf(row, name);
        return value === undefined ? '' : text(value);
      },
    }));
