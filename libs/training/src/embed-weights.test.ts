import { beforeAll, expect, test } from '@jest/globals';
import { embeddedMax, initialParameters, readCodeMap, trialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { embedWeights } from './embed-weights.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';

const image = { height: 6, width: 5, channels: 1 };
const spec = trialSpec.parse({ model: 'mlp', hidden: [8], latent: 3, noise: 0.3, seed: 2 });
const weights = initialParameters(spec, image);

beforeAll(async () => {
  await startBackend('wasm');
});

test('all test codes of a small data set are mapped, with their labels, and again to the same bytes', async () => {
  const labels = Uint8Array.from({ length: 60 }, (_, i) => i % 2);
  const dataset = { ...tinyDataset({ image, train: 4, test: 60 }), testLabels: labels };
  const made = await embedWeights({ spec, dataset, weights });
  const map = readCodeMap(made.map);
  expect([made.points, map.count]).toEqual([60, 60]);
  expect(map.labels).toEqual(labels);
  for (const value of [...map.tsne, ...map.pca]) expect(Number.isFinite(value)).toBe(true);
  expect(Object.keys(made.separation)).toEqual(['codes', 'pca', 'tsne']);
  expect(await embedWeights({ spec, dataset, weights })).toEqual(made);
});

test('of a large one the first codes, and a stop is heeded on the way', async () => {
  const dataset = tinyDataset({ image, train: 4, test: embeddedMax + 1 });
  const stop = new AbortController();
  let pauses = 0;
  const yieldToLoop = (): Promise<void> => {
    pauses += 1;
    stop.abort();
    return Promise.resolve();
  };
  const run = embedWeights({ spec, dataset, weights, signal: stop.signal, yieldToLoop });
  await expect(run).rejects.toMatchObject({ name: 'Interrupted' });
  expect(pauses).toBe(1);
});

test('weights of another model are refused', async () => {
  const dataset = tinyDataset({ image, train: 4, test: 10 });
  const run = embedWeights({ spec, dataset, weights: weights.subarray(1) });
  await expect(run).rejects.toMatchObject({ code: 'E_WEIGHTS_SHAPE' });
});
