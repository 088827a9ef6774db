import { beforeAll, expect, test } from '@jest/globals';
import { readTrialDetails, trialSpec } from '@gradpool/experiment';
import { normalImages } from './anomaly.ts';
import { startBackend } from './backend.ts';
import type { Dataset } from './dataset.ts';
import { evaluateWeights } from './evaluation.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';
import { trainingPlan } from './training-plan.ts';
import { trainTrial } from './trainer.ts';

const image = { height: 8, width: 6, channels: 1 };
const plain = tinyDataset({ image, train: 400, test: 200 });

/** Every fourth picture is inverted and of class 1. */
function withAnomalies(dataset: Dataset): Dataset {
  const odd = (n: number): boolean => n % 4 === 3;
  const labelsOf = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, n) => (odd(n) ? 1 : 0));
  const inverted = (images: Uint8Array): Uint8Array =>
    images.map((value, i) => (odd(Math.floor(i / 48)) ? 255 - value : value));
  return {
    ...dataset,
    ...{ trainImages: inverted(dataset.trainImages), trainLabels: labelsOf(400) },
    ...{ testImages: inverted(dataset.testImages), testLabels: labelsOf(200) },
  };
}

const dataset = withAnomalies(plain);
const base = { task: 'anomaly', anomaly_class: 1, latent: 3, hidden: [16], batch_size: 20, epochs: 6, seed: 1 };
const spec = trialSpec.parse({ ...base, learning_rate: 0.01, validation_images: 0 });

beforeAll(async () => {
  await startBackend('wasm');
});

test('[A1] the class left out is not trained on', () => {
  const normal = normalImages(spec, dataset, 100);
  expect(normal).toHaveLength(75);
  expect([...(normal ?? [])].every((index) => dataset.trainLabels[index] === 0)).toBe(true);
  expect(trainingPlan(spec, dataset)).toMatchObject({ images: 300, stepsPerEpoch: 15 });
  expect(normalImages(trialSpec.parse({ latent: 3, seed: 0 }), dataset, 100)).toBeNull();
});

test('[A2] its pictures are told by their error: the claim is what the evaluation finds, with the curve', async () => {
  const { weights, score } = await trainTrial({
    ...{ spec, dataset, metric: 'test_auc', resume: null, signal: new AbortController().signal },
    ...{ onProgress: () => undefined, onEpoch: () => undefined, yieldToLoop: () => Promise.resolve() },
  });
  const { measures, details } = await evaluateWeights({ spec, dataset, weights });
  expect(measures['test_auc']).toBe(score);
  expect(score).toBeGreaterThan(0.9);
  expect(measures['test_mse']).toBeGreaterThan(0);
  const read = readTrialDetails(details ?? new Uint8Array());
  expect(read).toMatchObject({ kind: 'anomaly', anomalyClass: 1 });
});
