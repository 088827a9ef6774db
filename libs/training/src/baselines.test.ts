import { beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend } from './backend.ts';
import { computeBaselines, type BaselineTask, type ComputeBaselinesOptions } from './baselines.ts';
import { plainBuffers } from './image-buffers.ts';
import { judgedImages } from './judged-images.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';
import { Interrupted } from './training-error.ts';

const dataset = tinyDataset({ image: { height: 5, width: 6, channels: 1 }, train: 3_000, test: 300 });

beforeAll(async () => {
  await startBackend('wasm');
});

test('[J3] the identity and the mean image are what their names say', async () => {
  const [identity, mean] = await compute([
    { baseline: 'identity', latent: null, noise: 0.5 },
    { baseline: 'mean_image', latent: null, noise: 0 },
  ]);
  const buffers = plainBuffers(30 * 300);
  const { clean, noisy } = buffers;
  judgedImages({ dataset, split: 'test', noise: 0.5 }).fill(buffers, 0, 300);
  const doingNothing = clean.reduce((sum, value, i) => sum + (value - (noisy[i] ?? NaN)) ** 2, 0) / clean.length;
  expect(identity).toBeCloseTo(doingNothing, 6);
  let spread = 0;
  for (let i = 0; i < 30; i += 1) {
    let average = 0;
    for (let n = 0; n < 3_000; n += 1) average += (dataset.trainImages[30 * n + i] ?? NaN) / 255 / 3_000;
    for (let n = 0; n < 300; n += 1) spread += ((clean[30 * n + i] ?? NaN) - average) ** 2;
  }
  expect(mean).toBeCloseTo(spread / clean.length, 6);
});

describe('[J3] rank', () => {
  test('more components are never worse, all of them are exact, more than all change nothing', async () => {
    const ranks = [1, 2, 5, 10, 30, 64];
    const errors = await compute(ranks.map((latent) => ({ baseline: 'pca', latent, noise: 0 })));
    expect(errors.slice(0, 5)).toEqual(errors.slice(0, 5).toSorted((a, b) => b - a));
    expect(errors[4]).toBeLessThan(1e-6);
    expect(errors[5]).toBe(errors[4]);
  });

  test('under noise the best linear denoiser beats PCA of the noisy image at every rank', async () => {
    for (const latent of [1, 3, 8, 30]) {
      const [pca = 0, linear = 0] = await compute([
        { baseline: 'pca', latent, noise: 0.6 },
        { baseline: 'linear', latent, noise: 0.6 },
      ]);
      expect(linear).toBeLessThan(pca);
    }
  });

  test('without noise the best linear map is PCA', async () => {
    const [pca = 0, linear = 0] = await compute([
      { baseline: 'pca', latent: 4, noise: 0 },
      { baseline: 'linear', latent: 4, noise: 0 },
    ]);
    expect(linear / pca).toBeCloseTo(1, 3);
  });
});

test('[J3] fewer pictures than components: what they span, and no more', async () => {
  const few = tinyDataset({ image: { height: 20, width: 24, channels: 3 }, train: 6, test: 3 });
  const tasks = (['pca', 'linear'] as const).flatMap((baseline) =>
    [2, 5, 32].map((latent) => ({ baseline, latent, noise: baseline === 'pca' ? 0 : 0.3 })),
  );
  const found = await compute(tasks, { dataset: few });
  expect(found.every((error) => Number.isFinite(error) && error > 0)).toBe(true);
  expect([found[2], found[5]]).toEqual([found[1], found[4]]);
});

test('E_BASELINE: a rank is missing', async () => {
  await expect(compute([{ baseline: 'pca', latent: null, noise: 0 }])).rejects.toMatchObject({ code: 'E_BASELINE' });
});

test('[J4] an abort is noticed at the next yield', async () => {
  const stop = new AbortController();
  stop.abort();
  const many: BaselineTask[] = Array.from({ length: 300 }, (_, i) => ({
    baseline: 'linear',
    latent: 3,
    noise: 0.1 + i / 100,
  }));
  await expect(compute(many, { signal: stop.signal })).rejects.toBeInstanceOf(Interrupted);
});

async function compute(tasks: BaselineTask[], options: Partial<ComputeBaselinesOptions> = {}): Promise<number[]> {
  const baselines = await computeBaselines({
    dataset,
    tasks,
    signal: new AbortController().signal,
    yieldToLoop: () => Promise.resolve(),
    ...options,
  });
  expect(baselines.map(({ testMse: _, ...task }) => task)).toEqual(tasks);
  return baselines.map(({ testMse }) => testMse);
}
