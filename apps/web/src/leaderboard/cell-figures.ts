import type { LeaderboardRow } from '@gradpool/protocol';
import { countText, durationText } from '../app/figures.ts';

interface CellFigure {
  readonly title: string;
  readonly hint: string;
  /** A dash where it is not known of the cell. */
  readonly of: (row: LeaderboardRow) => string;
}

const figure = (title: string, name: string, hint: string, text: (value: number) => string): CellFigure => ({
  title,
  hint,
  of: ({ measures }) => (measures[name] === undefined ? '–' : text(measures[name])),
});

/** How large a cell's model and code are, and what training took: means over its verified runs. */
export const cellFigures: readonly CellFigure[] = [
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
