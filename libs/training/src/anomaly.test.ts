import { beforeAll, expect, test } from '@jest/globals';
import { initialParameters, readTrialDetails, trialSpec } from '@gradpool/experiment';
import { normalImages } from './anomaly.ts';
import { startBackend } from './backend.ts';
import type { Dataset } from './dataset.ts';
import { openEngine } from './engine.ts';
import { evaluateWeights, sumOfSquaredDifferences } from './evaluation.ts';
import { judgedImages } from './judged-images.ts';
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

test('[A1] validation and the gap to training are those of the classes that are trained on', async () => {
  const held = trialSpec.parse({ ...base, noise: 0.4, validation_images: 40 });
  const weights = initialParameters(held, image);
  const mean = async (split: 'validation' | 'trained', label: number): Promise<number> => {
    const images = judgedImages({ dataset, split, noise: 0.4, validationImages: 40, trainedImages: 40 });
    const engine = openEngine(held, image, images.count);
    engine.parameters.set(weights);
    images.fill(engine, 0, images.count);
    const output = await engine.reconstruct(images.count);
    const errors = [...dataset.trainLabels.subarray(images.offset, images.offset + images.count)].flatMap((own, i) => {
      const at = [48 * i, 48 * (i + 1)] as const;
      return own === label ? [sumOfSquaredDifferences(output.subarray(...at), engine.clean.subarray(...at)) / 48] : [];
    });
    expect(errors).toHaveLength(label === 0 ? 30 : 10);
    return errors.reduce((sum, error) => sum + error, 0) / errors.length;
  };
  for (const split of ['validation', 'trained'] as const) {
    const { measures } = await evaluateWeights({ spec: held, dataset, weights, split });
    expect(measures[`${split}_mse`]).toBeCloseTo(await mean(split, 0), 12);
    expect(Math.abs((await mean(split, 1)) - (await mean(split, 0)))).toBeGreaterThan(1e-3);
  }
});
