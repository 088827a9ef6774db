import { sweepCells } from './cells.ts';
import type { SweepSpec } from './sweep-spec.ts';
import { trialSpec } from './trial-spec.ts';

export interface BaselineTask {
  readonly baseline: 'mean_image' | 'identity' | 'pca' | 'linear';
  readonly latent: number | null;
  readonly noise: number;
}

/**
 * The baselines that the sweep's table is read against: the mean image; rank-k PCA on clean pictures for every latent
 * size; under noise, doing nothing for every noise factor and the best rank-k linear denoiser for every pair.
 */
export function baselineTasks(sweep: SweepSpec): BaselineTask[] {
  const tasks = new Map<string, BaselineTask>();
  const add = (baseline: BaselineTask['baseline'], latent: number | null, noise: number) => {
    tasks.set(`${baseline} ${latent} ${noise}`, { baseline, latent, noise });
  };
  add('mean_image', null, 0);
  for (const parameters of sweepCells(sweep)) {
    const { latent, noise } = trialSpec.parse({ ...parameters, seed: 0 });
    add('pca', latent, 0);
    if (noise === 0) continue;
    add('identity', null, noise);
    add('linear', latent, noise);
  }
  return [...tasks.values()];
}
