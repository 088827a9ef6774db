import { codeSize, mnistManifest, trialSpec, type DatasetManifest } from '@gradpool/experiment';
import type { LeaderboardRow } from '@gradpool/protocol';
import type { Slice } from './slices.ts';

/** A figure that somebody else has stated for MNIST: mean squared error per pixel on the test set. */
interface PublishedFigure {
  readonly latent: number;
  readonly noise: number;
  readonly error: number;
}

interface PublishedTable {
  readonly title: string;
  readonly figures: readonly PublishedFigure[];
}

const at = (noise: number, errors: Readonly<Record<number, number>>): PublishedFigure[] =>
  Object.entries(errors).map(([latent, error]) => ({ latent: Number(latent), noise, error }));

/**
 * Tables of a course lab on convolutional autoencoders, a recipe trained once in PyTorch (784-1024-512-256-k, GELU, AdamW, 25
 * epochs, one seed), and Hinton and Salakhutdinov (2006). The lab describes its first table as noise-free and heads it
 * "MSE 0.3": both readings stand here.
 */
const publishedTables: readonly PublishedTable[] = [
  {
    title: 'the lab’s first table, read as it is described: without noise',
    figures: at(0, { 4: 0.0234, 8: 0.0143, 16: 0.0125, 32: 0.006 }),
  },
  {
    title: 'the same table, read as it is headed: noise 0.3',
    figures: at(0.3, { 4: 0.0234, 8: 0.0143, 16: 0.0125, 32: 0.006 }),
  },
  { title: 'the lab’s second table, noise 0.9', figures: at(0.9, { 2: 0.0477, 4: 0.039, 8: 0.0341, 32: 0.0284 }) },
  {
    title: 'the best figures in the lab’s text',
    figures: [...at(0, { 4: 0.0177 }), ...at(0.9, { 2: 0.0388, 32: 0.0254 })],
  },
  {
    title: 'a strong plain recipe in PyTorch, one seed',
    figures: [
      ...at(0, { 2: 0.0328, 4: 0.0222, 8: 0.0119, 16: 0.0064, 32: 0.0058 }),
      ...at(0.9, { 2: 0.0418, 32: 0.0231 }),
    ],
  },
];

/** A published figure beside the best cell of the sweep that has its code size and noise factor. */
export interface PublishedComparison extends PublishedFigure {
  readonly mean: number;
  readonly ci95: number | null;
  /** Seeds behind the mean. */
  readonly n: number;
  /** What sets that cell apart from others of its size and noise; empty where nothing does. */
  readonly slice: string;
}

export interface ComparedTable {
  readonly title: string;
  readonly comparisons: readonly PublishedComparison[];
}

/** The tables of which the sweep has cells; none unless it is about the whole of MNIST. */
export function publishedComparisons(slices: readonly Slice[], dataset: DatasetManifest): ComparedTable[] {
  if (dataset.name !== mnistManifest.name || dataset.train.images !== mnistManifest.train.images) return [];
  return publishedTables.flatMap(({ title, figures }) => {
    const comparisons = figures.flatMap((figure) => compared(figure, slices));
    return comparisons.length > 0 ? [{ title, comparisons }] : [];
  });
}

/** A spatial code of k channels is many times k numbers: it compares with nothing here. */
function hasCodeOf({ parameters }: LeaderboardRow, numbers: number): boolean {
  const spec = trialSpec.safeParse({ ...parameters, seed: 0 }).data;
  return spec !== undefined && codeSize(spec, mnistManifest.image) === numbers;
}

function compared(figure: PublishedFigure, slices: readonly Slice[]): PublishedComparison[] {
  const cells = slices.flatMap(({ label, grid }) => {
    const row = grid.cell(figure.latent, figure.noise);
    return row && hasCodeOf(row, figure.latent)
      ? [{ ...figure, mean: row.mean, ci95: row.ci95, n: row.n, slice: label }]
      : [];
  });
  return cells.sort((a, b) => a.mean - b.mean).slice(0, 1);
}
