import type { baselineTasks } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { sumOfSquaredDifferences } from './evaluation.ts';
import { forEachChunk, judgedImages } from './judged-images.ts';
import { errorByRank } from './low-rank-error.ts';
import { principalComponents, reducedRankRegression } from './low-rank-map.ts';
import { imageMoments } from './moments.ts';
import { pacer, type Pause, type YieldToLoop } from './pacer.ts';
import { TrainingError } from './training-error.ts';

/** What to compute, as the sweep names it. */
export type BaselineTask = ReturnType<typeof baselineTasks>[number];

export interface Baseline extends BaselineTask {
  /** Mean squared error per pixel on the test set, under the task's noise. */
  readonly testMse: number;
}

export interface ComputeBaselinesOptions {
  readonly dataset: Dataset;
  readonly tasks: readonly BaselineTask[];
  readonly signal: AbortSignal;
  readonly yieldToLoop: YieldToLoop;
}

/**
 * Test errors of what needs no training: the mean train image, the noisy image itself, rank-k PCA of the clean train
 * images, and the best rank-k linear map from noisy to clean ones. Fitted on all train images, in the order of the
 * tasks. Throws TrainingError E_BASELINE for a task without its rank or without a finite error; rejects with Interrupted on abort.
 */
export async function computeBaselines(options: ComputeBaselinesOptions): Promise<Baseline[]> {
  const { dataset, tasks, signal, yieldToLoop } = options;
  const pause = pacer(yieldToLoop, signal);
  for (const { baseline, latent } of tasks) {
    if ((baseline === 'pca' || baseline === 'linear') && !(latent !== null && latent >= 1)) {
      throw new TrainingError('E_BASELINE', `Baseline ${baseline} needs a latent size from 1, got ${latent}; name one`);
    }
  }
  const errors = new Map<string, Float64Array>();
  const baselines: Baseline[] = [];
  for (const task of tasks) {
    const key = fitKey(task);
    const found = errors.get(key) ?? (await errorsOfFit(dataset, task, rankWanted(tasks, key), pause));
    errors.set(key, found);
    const testMse = found[rankOf(task, found.length - 1)]!;
    // A number that is none would be refused on its way, and computed again for ever.
    if (!Number.isFinite(testMse)) {
      throw new TrainingError(
        'E_BASELINE',
        `Baseline ${task.baseline} of latent ${task.latent} came out as ${testMse}`,
      );
    }
    baselines.push({ ...task, testMse });
  }
  return baselines;
}

/** Tasks of one key are answered by one fit, whatever their rank. */
function fitKey({ baseline, noise }: BaselineTask): string {
  return baseline === 'mean_image' ? baseline : `${baseline} ${noise}`;
}

function rankWanted(tasks: readonly BaselineTask[], key: string): number {
  return tasks.reduce((most, task) => (fitKey(task) === key ? Math.max(most, task.latent ?? 0) : most), 0);
}

/** A rank beyond the number of pixels, or of directions in which the training images differ, changes nothing. */
function rankOf({ baseline, latent }: BaselineTask, most: number): number {
  return baseline === 'pca' || baseline === 'linear' ? Math.min(latent ?? 0, most) : 0;
}

/** Errors by rank; a single one for the baselines that have none. */
async function errorsOfFit(dataset: Dataset, task: BaselineTask, rank: number, pause: Pause): Promise<Float64Array> {
  const { baseline, noise } = task;
  const test = judgedImages({ dataset, split: 'test', noise });
  const most = Math.min(test.pixels, dataset.manifest.train.images - 1);
  switch (baseline) {
    case 'identity':
      return Float64Array.of(await identityError(test, pause));
    case 'mean_image':
      return Float64Array.of(await meanImageError(dataset, pause));
    case 'pca': {
      const moments = await imageMoments(judgedImages({ dataset, split: 'train', noise: 0 }), pause);
      return errorByRank(await principalComponents(moments, Math.min(rank, most), pause), test, pause);
    }
    case 'linear': {
      const moments = await imageMoments(judgedImages({ dataset, split: 'train', noise }), pause);
      return errorByRank(await reducedRankRegression(moments, Math.min(rank, most), pause), test, pause);
    }
    default:
      return baseline satisfies never;
  }
}

async function identityError(test: ReturnType<typeof judgedImages>, pause: Pause): Promise<number> {
  let sum = 0;
  await forEachChunk(test, 500, async ({ clean, noisy }) => {
    sum += sumOfSquaredDifferences(noisy, clean);
    await pause();
  });
  return sum / (test.count * test.pixels);
}

async function meanImageError(dataset: Dataset, pause: Pause): Promise<number> {
  const train = judgedImages({ dataset, split: 'train', noise: 0 });
  const mean = new Float64Array(train.pixels);
  await forEachChunk(train, 500, async ({ clean }) => {
    for (let i = 0; i < clean.length; i += 1) {
      mean[i % mean.length] = mean[i % mean.length]! + clean[i]! / train.count;
    }
    await pause();
  });
  const none = new Float64Array(0);
  const map = { meanX: mean, meanY: mean, rank: 0, encode: none, decode: none };
  const errors = await errorByRank(map, judgedImages({ dataset, split: 'test', noise: 0 }), pause);
  return errors[0]!;
}
