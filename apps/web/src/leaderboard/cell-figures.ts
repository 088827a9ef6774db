import { measureOf } from '@gradpool/experiment';
import type { Leaderboard, LeaderboardRow } from '@gradpool/protocol';
import { countText, durationText } from '../app/figures.ts';

interface CellFigure {
  /** Name of the measure, and of the column in the page's address. */
  readonly name: string;
  readonly title: string;
  readonly hint: string;
  /** A dash where it is not known of the cell. */
  readonly of: (row: LeaderboardRow) => string;
}

const figure = (title: string, name: string, hint: string, text: (value: number) => string): CellFigure => ({
  ...{ name, title, hint },
  of: (row) => {
    const value = measureOf(row, name);
    return value === undefined ? '–' : text(value);
  },
});

/** How alike the pictures are, how large a cell's model and code are, and what training took: means over its verified runs. */
const cellFigures: readonly CellFigure[] = [
  figure('PSNR, dB', 'test_psnr', 'Peak signal-to-noise ratio, mean over pictures', (ratio) => ratio.toFixed(2)),
  figure('SSIM', 'test_ssim', 'Structural similarity, mean over pictures', (similarity) => similarity.toFixed(3)),
  figure('Parameters', 'parameters', 'Weights and biases of the model', countText),
  figure('Compression', 'compression_ratio', 'Values of a picture for each number of its code', (ratio) =>
    String(Number(ratio.toPrecision(3))),
  ),
  figure('Training', 'training_seconds', 'Time of all epochs, at the speed of the last worker', (seconds) =>
    durationText(1000 * seconds),
  ),
  figure('Images/s', 'images_per_second', 'Trained on, by the last worker', countText),
  figure('Overfit gap', 'overfit_gap', 'Validation MSE less that of as many trained images', (gap) => gap.toFixed(5)),
];

/** Names by which a ranking can be sorted, whether a cell has such a figure or not. */
export const cellFigureNames: readonly string[] = cellFigures.map(({ name }) => name);

/** The figures that at least one cell has, but for the one that the cells are ranked by, which has a column already. */
export const shownFigures = ({ metric, rows }: Pick<Leaderboard, 'metric' | 'rows'>): CellFigure[] =>
  cellFigures.filter(({ name }) => name !== metric && rows.some((row) => measureOf(row, name) !== undefined));
