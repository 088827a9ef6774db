import { beforeAll, expect, test } from '@jest/globals';
import { initialParameters, trialSpec, weightsLayout } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { evaluateWeights } from './evaluation.ts';
import { judgeTrial } from './judge-trial.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';

const image = { height: 8, width: 4, channels: 1 };
const dataset = tinyDataset({ image, train: 90, test: 20 });

beforeAll(async () => {
  await startBackend('wasm');
});

test('[J6] beside the test set, an evaluator says how large model and code are, and how far validation is off', async () => {
  const spec = trialSpec.parse({
    ...{ model: 'cnn', channels: [3, 2], bottleneck: 'spatial', latent: 4 },
    ...{ noise: 0.2, validation_images: 30, seed: 1 },
  });
  const weights = initialParameters(spec, image);
  const { measures } = await judgeTrial({ spec, dataset, weights });
  const errors = await Promise.all(
    (['validation', 'trained'] as const).map(async (split) => {
      const judged = await evaluateWeights({ spec, dataset, weights, split });
      return judged.measures[`${split}_mse`] ?? NaN;
    }),
  );
  expect(measures).toMatchObject((await evaluateWeights({ spec, dataset, weights })).measures);
  expect(measures).toMatchObject({ parameters: weights.length, code_size: 8, compression_ratio: 4 });
  expect(measures['overfit_gap']).toBe((errors[0] ?? NaN) - (errors[1] ?? NaN));
  const pixels = { ...spec, task: 'classify', features: 'pixels' } as const;
  const classifier = new Float32Array(weightsLayout(pixels, dataset.manifest).size);
  const judged = (await judgeTrial({ spec: pixels, dataset, weights: classifier })).measures;
  expect(judged).toMatchObject({ parameters: classifier.length, test_accuracy: 1 });
  for (const name of ['code_size', 'compression_ratio', 'overfit_gap']) expect(judged).not.toHaveProperty(name);
  expect((await judgeTrial({ spec: { ...spec, validation_images: 0 }, dataset, weights })).measures).not.toHaveProperty(
    'overfit_gap',
  );
});
