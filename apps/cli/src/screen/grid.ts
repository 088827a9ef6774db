import type { Leaderboard, LeaderboardRow } from '@gradpool/protocol';
import { clip, paragraph, tableLines, widest, type Column } from './table.ts';
import type { Look } from './paint.ts';
import { varyingParameters } from './parameters.ts';
import { formatMse, mseDecimals } from './units.ts';

/** A leaderboard whose cells differ in latent size and noise factor only, both ascending. */
export interface Grid {
  readonly latents: readonly number[];
  readonly noises: readonly number[];
  readonly cell: (latent: number, noise: number) => LeaderboardRow | undefined;
}

/** Null where the sweep is no grid of latent sizes and noise factors, or not about errors: the ranking tells it better. */
export function gridOf(board: Leaderboard): Grid | null {
  if (board.metric !== 'test_mse') return null;
  if (varyingParameters(board.rows).some((name) => name !== 'latent' && name !== 'noise')) return null;
  const cells = new Map<string, LeaderboardRow>();
  const latents = new Set<number>();
  const noises = new Set<number>();
  for (const row of board.rows) {
    const { latent, noise = 0 } = row.parameters;
    if (typeof latent !== 'number' || typeof noise !== 'number') return null;
    cells.set(`${latent} ${noise}`, row);
    latents.add(latent);
    noises.add(noise);
  }
  if (cells.size === 0) return null;
  return {
    latents: [...latents].sort(ascending),
    noises: [...noises].sort(ascending),
    cell: (latent, noise) => cells.get(`${latent} ${noise}`),
  };
}

const ascending = (a: number, b: number): number => a - b;

/** Numbers in the code of a cell's models: of a spatial code more than its `latent` channels. */
const codeSizeOf = ({ measures, parameters }: LeaderboardRow): number =>
  measures['code_size'] ?? (typeof parameters['latent'] === 'number' ? parameters['latent'] : NaN);

/** What the best linear method reaches with as many numbers as a cell's code has. */
export function linearRivalOf(board: Leaderboard, row: LeaderboardRow): number | null {
  const { noise = 0 } = row.parameters;
  return typeof noise === 'number' ? linearBaseline(board, codeSizeOf(row), noise) : null;
}

/** The best linear code of the same size: PCA on clean images, the best rank-k linear denoiser on noisy ones. */
export function linearBaseline(board: Leaderboard, latent: number, noise: number): number | null {
  const kind = noise === 0 ? 'pca' : 'linear';
  const row = board.baselines.find((b) => b.baseline === kind && b.latent === latent && b.noise === noise);
  return row?.testMse ?? null;
}

/** PCA of the size of a line's codes on clean images, whatever noise the sweep has. */
function pcaBaseline(board: Leaderboard, grid: Grid, latent: number): number | null {
  const cell = grid.noises.map((noise) => grid.cell(latent, noise)).find((row) => row !== undefined);
  const size = cell ? codeSizeOf(cell) : latent;
  const rows = board.baselines.filter((b) => b.baseline === 'pca' && b.latent === size);
  return rows.sort((a, b) => a.noise - b.noise)[0]?.testMse ?? null;
}

/** How a panel is drawn: cells on one line or on two, and the decimals of every figure in it. */
interface Draw {
  readonly look: Look;
  readonly stacked: boolean;
  readonly decimals: number;
}

/** `0.0374 n=1`; with three seeds or more also the 95 % interval: `0.0374 ±0.0012 n=3`. */
function cellText(row: LeaderboardRow, { stacked, decimals }: Draw): readonly [mean: string, rest: string] {
  const spread = row.n >= 3 && row.ci95 !== null ? `±${formatMse(row.ci95, decimals)} ` : '';
  return [formatMse(row.mean, decimals), `${stacked ? '\n' : ' '}${spread}n=${row.n}`];
}

/** Green where the cell beats the linear method of its size, which is what the experiment asks. */
function paintedCell(board: Leaderboard, grid: Grid, place: { latent: number; noise: number }, draw: Draw): string {
  const row = grid.cell(place.latent, place.noise);
  if (!row) return '-';
  const [mean, rest] = cellText(row, draw);
  return (beatsLinear(board, row) ? draw.look.paint.green(mean) : mean) + rest;
}

function beatsLinear(board: Leaderboard, row: LeaderboardRow): boolean {
  const baseline = linearRivalOf(board, row);
  return baseline !== null && row.mean < baseline;
}

function panelLines(board: Leaderboard, grid: Grid, noises: readonly number[], draw: Draw): string[] {
  const columns: Column[] = [
    { title: 'latent', align: 'right' },
    ...noises.map((noise) => ({ title: `noise ${noise}` })),
    { title: 'PCA', align: 'right' },
  ];
  const rows = grid.latents.map((latent) => {
    const pca = pcaBaseline(board, grid, latent);
    return [
      draw.look.paint.bold(String(latent)),
      ...noises.map((noise) => paintedCell(board, grid, { latent, noise }, draw)),
      pca === null ? '-' : formatMse(pca, draw.decimals),
    ];
  });
  return tableLines(columns, rows, draw.look);
}

const unbounded = (look: Look): Look => ({ ...look, columns: 10_000 });

/** The grid in as few panels as the width allows: cells on one line, else on two, else columns in several panels. */
function fittedPanels(board: Leaderboard, grid: Grid, draw: Omit<Draw, 'stacked'>): string[] {
  const { look } = draw;
  for (const stacked of [false, true]) {
    const lines = panelLines(board, grid, grid.noises, { ...draw, look: unbounded(look), stacked });
    if (widest(lines) <= look.columns) return lines;
  }
  const half = Math.ceil(grid.noises.length / 2);
  if (half === grid.noises.length) return panelLines(board, grid, grid.noises, { ...draw, stacked: true });
  return [grid.noises.slice(0, half), grid.noises.slice(half)].flatMap((noises, panel) => [
    ...(panel > 0 ? [''] : []),
    ...fittedPanels(board, { ...grid, noises }, draw),
  ]);
}

/** Decimals for every figure of a board, so that a column can be read down. */
export const boardDecimals = ({ rows, baselines }: Leaderboard): number =>
  mseDecimals([...rows.map(({ mean }) => mean), ...baselines.map(({ testMse }) => testMse)]);

/** The experiment's table, with what it shows said above and how to read it below. */
export function gridLines(board: Leaderboard, grid: Grid, look: Look): string[] {
  const { paint } = look;
  const hasPca = grid.latents.some((latent) => pcaBaseline(board, grid, latent) !== null);
  const hasSpread = board.rows.some((row) => row.n >= 3 && row.ci95 !== null);
  const reading = [
    'Mean squared error per pixel on the test images, lower is better; n: seeds, all verified.',
    hasSpread ? '±: half of the 95 % confidence interval over the seeds.' : '',
    hasPca ? 'PCA: a linear code of the same size, on clean images.' : '',
    hasPca && paint.isColorSupported && board.rows.some((row) => beatsLinear(board, row))
      ? 'Green: better than the best linear method of that size.'
      : '',
  ];
  return [
    clip(`  ${paint.bold(board.name)}: error by latent size (rows) and noise factor (columns)`, look),
    '',
    ...fittedPanels(board, grid, { look, decimals: boardDecimals(board) }),
    '',
    ...paragraph(reading.filter(Boolean).join(' '), look).map((line) => paint.dim(line)),
  ];
}
