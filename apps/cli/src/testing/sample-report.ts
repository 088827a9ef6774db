import { mnistManifest } from '@gradpool/experiment';
import type { TrialView } from '@gradpool/protocol';
import type { ReportData } from '../report/report-data.ts';
import { slicesOf } from '../report/slices.ts';
import { sampleBoard, sampleTrial, settledSweep } from './sample-room.ts';

/** [latent, noise, errors by seed 0, 1, 2 ...] of a cell. */
export type SeededCell = readonly [latent: number, noise: number, errors: readonly number[]];

/** A report of these cells, every trial verified, with the baselines of the sample board. */
export function sampleReport(cells: readonly SeededCell[], changes: Partial<ReportData> = {}): ReportData {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const board = sampleBoard(
    cells.map(([latent, noise, errors]) =>
      errors.length < 3 ? [latent, noise, mean(errors)] : [latent, noise, mean(errors), 0.001],
    ),
  );
  const trials = cells.flatMap(([latent, noise, errors], cell) =>
    errors.map((score, seed): TrialView => {
      const cellId = board.rows[cell]?.cellId;
      const place = cellId === undefined ? {} : { cellId };
      return sampleTrial(100 * cell + seed, { parameters: { latent, noise, epochs: 2 }, seed, score, ...place });
    }),
  );
  return {
    sweep: settledSweep(),
    dataset: mnistManifest,
    board,
    trials,
    slices: slicesOf(board),
    details: new Map(),
    maps: [],
    detailed: [],
    csv: null,
    ...changes,
  };
}
