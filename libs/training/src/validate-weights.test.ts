import { beforeAll, expect, test } from '@jest/globals';
import { trialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';
import { trainTrial, type EpochPoint } from './trainer.ts';
import { validateWeights } from './validate-weights.ts';

const dataset = tinyDataset({ image: { height: 6, width: 5, channels: 1 }, train: 300, test: 20 });
const spec = trialSpec.parse({
  ...{ hidden: [8], latent: 2, noise: 0.4, validation_images: 70, batch_size: 32, epochs: 2, seed: 3 },
});

beforeAll(async () => {
  await startBackend('wasm');
});

test('[J7] weights alone give the points and pictures that their trainer tells of them', async () => {
  const points: EpochPoint[] = [];
  let shown: Uint8Array | null = null;
  const { weights } = await trainTrial({
    ...{ spec, dataset, resume: null, signal: new AbortController().signal, yieldToLoop: () => Promise.resolve() },
    onProgress: () => undefined,
    onEpoch: (ended) => points.push(...ended),
    onPictures: ({ epoch, bytes }) => {
      if (epoch === 2) shown = bytes;
    },
  });
  const toldOf = (name: string) => points.find((point) => point.epoch === 2 && point.name === name)?.value;
  const { validationMse, overfitGap, pictures } = await validateWeights({ spec, dataset, weights, epoch: 2 });
  expect([validationMse, overfitGap]).toEqual([toldOf('validation_mse'), toldOf('overfit_gap')]);
  expect(pictures).toEqual(shown);
});

test('[J7] no pictures are made of an epoch for which none are kept', async () => {
  const long = trialSpec.parse({ ...spec, epochs: 1000 });
  const weights = new Float32Array(30 * 8 + 8 + 8 * 2 + 2 + 2 * 8 + 8 + 8 * 30 + 30);
  expect((await validateWeights({ spec: long, dataset, weights, epoch: 2 })).pictures).toBeNull();
  expect((await validateWeights({ spec: long, dataset, weights, epoch: 1 })).pictures).not.toBeNull();
});

test('[J7] a spec that holds no image out has nothing to be judged on', async () => {
  const none = trialSpec.parse({ ...spec, validation_images: 0 });
  const weights = new Float32Array(30 * 8 + 8 + 8 * 2 + 2 + 2 * 8 + 8 + 8 * 30 + 30);
  await expect(validateWeights({ spec: none, dataset, weights, epoch: 1 })).rejects.toMatchObject({
    code: 'E_SPLIT_EMPTY',
  });
});
