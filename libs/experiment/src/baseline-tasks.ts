import { sweepCells } from './cells.ts';
import { imageSize } from './image-shape.ts';
import type { DatasetManifest } from './manifest.ts';
import { codeSize } from './model-layers.ts';
import type { SweepSpec } from './sweep-spec.ts';
import { taskOf } from './task.ts';
import { trialSpec } from './trial-spec.ts';

export interface BaselineTask {
  readonly baseline: 'mean_image' | 'identity' | 'pca' | 'linear';
  /** Numbers of the code, k. */
  readonly latent: number | null;
  readonly noise: number;
}

/**
 * The baselines that the sweep's table is read against: the mean image; rank-k PCA on clean pictures for every size of
 * a code; under noise, doing nothing for every noise factor and the best rank-k linear denoiser for every pair. A code
 * that has as many numbers as the picture has no such counterpart.
 */
export function baselineTasks(sweep: SweepSpec, { image }: Pick<DatasetManifest, 'image'>): BaselineTask[] {
  // They are errors of reconstruction, and have no place in a table of anything else.
  if (sweep.metric.name !== 'test_mse' || taskOf(sweep) !== 'autoencode') return [];
  const tasks = new Map<string, BaselineTask>();
  const add = (baseline: BaselineTask['baseline'], latent: number | null, noise: number) => {
    tasks.set(`${baseline} ${latent} ${noise}`, { baseline, latent, noise });
  };
  add('mean_image', null, 0);
  for (const parameters of sweepCells(sweep)) {
    const spec = trialSpec.parse({ ...parameters, seed: 0 });
    const { noise } = spec;
    const size = codeSize(spec, image);
    const linear = size < imageSize(image);
    if (linear) add('pca', size, 0);
    if (noise === 0) continue;
    add('identity', null, noise);
    if (linear) add('linear', size, noise);
  }
  return [...tasks.values()];
}
