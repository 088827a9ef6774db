import { classSeparation, type ClassSeparation } from './class-separation.ts';
import { pacer, yieldByTimer, type YieldToLoop } from './pacer.ts';
import type { Points } from './points.ts';
import { principalPlane } from './principal-axes.ts';
import { tsne } from './tsne.ts';

/** Codes of many pictures on a plane, and how far their classes lie apart there and in the codes themselves. */
export interface Embedding {
  /** Each [count, 2]. */
  readonly pca: Float32Array;
  readonly tsne: Float32Array;
  readonly separation: Readonly<Record<'codes' | 'pca' | 'tsne', ClassSeparation>>;
}

export interface EmbedCodesOptions {
  readonly points: Points;
  readonly labels: Uint8Array;
  readonly classes: number;
  /** Share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
  readonly yieldToLoop?: YieldToLoop;
}

const perplexity = 30;
const iterations = 500;

/**
 * PCA and t-SNE of codes; the same codes give the same maps, because t-SNE starts from PCA. Some seconds for two thousand
 * points on one core. Rejects with Interrupted on abort.
 */
export async function embedCodes(options: EmbedCodesOptions): Promise<Embedding> {
  const { points, labels, classes, onProgress, signal, yieldToLoop = yieldByTimer } = options;
  const pause = pacer(yieldToLoop, signal);
  const { count } = points;
  const pca = await principalPlane(points, pause);
  const map = await tsne({ points, start: pca, perplexity, iterations, pause, ...(onProgress && { onProgress }) });
  const separationOf = (values: Points): Promise<ClassSeparation> =>
    classSeparation({ points: values, labels, classes, pause });
  const plane = (values: Float32Array): Points => ({ values, count, width: 2 });
  return {
    pca,
    tsne: map,
    separation: {
      codes: await separationOf(points),
      pca: await separationOf(plane(pca)),
      tsne: await separationOf(plane(map)),
    },
  };
}
