import type { Leaderboard } from '@gradpool/protocol';
import { boardDecimals, linearBaseline, type Grid } from './grid.ts';
import type { Look } from './paint.ts';
import { clip, paragraph, tableLines } from './table.ts';
import { formatMse } from './units.ts';

/** What needs no training, for the same noise factors: nothing to be proud of unless the grid beats these. */
export function baselineLines(board: Leaderboard, grid: Pick<Grid, 'latents' | 'noises'>, look: Look): string[] {
  if (board.baselines.length === 0) return [];
  const value = (kind: 'identity' | 'mean_image', noise: number) =>
    board.baselines.find((row) => row.baseline === kind && row.noise === noise)?.testMse;
  // The mean image ignores its input, so one value serves every noise factor.
  const mean = board.baselines.find((row) => row.baseline === 'mean_image')?.testMse;
  const decimals = boardDecimals(board);
  const shown = (testMse: number | null | undefined): string =>
    testMse === null || testMse === undefined ? '-' : formatMse(testMse, decimals);
  const rows = [
    ...grid.latents.map((latent) => [
      `linear, latent ${latent}`,
      ...grid.noises.map((noise) => shown(linearBaseline(board, latent, noise))),
    ]),
    ['doing nothing', ...grid.noises.map((noise) => shown(noise === 0 ? 0 : value('identity', noise)))],
    ['mean image', ...grid.noises.map(() => shown(mean))],
  ].filter((row) => row.slice(1).some((text) => text !== '-'));
  return [
    clip(`  ${look.paint.bold('without training')}, for comparison`, look),
    '',
    ...tableLines(
      [{ title: 'method' }, ...grid.noises.map((noise) => ({ title: `noise ${noise}`, align: 'right' as const }))],
      rows,
      look,
    ),
    '',
    ...paragraph('linear: PCA on clean images, the best linear denoiser of that rank on noisy ones.', look).map(
      (line) => look.paint.dim(line),
    ),
  ];
}
