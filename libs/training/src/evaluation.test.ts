import { beforeAll, expect, jest, test } from '@jest/globals';
import { initialParameters, trialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { evaluateWeights } from './evaluation.ts';
import { plainBuffers } from './image-buffers.ts';
import { judgedImages } from './judged-images.ts';
import { referenceAutoencoder } from './testing/reference-autoencoder.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';
import { Interrupted } from './training-error.ts';

const image = { height: 6, width: 5, channels: 1 };
const dataset = tinyDataset({ image, train: 300, test: 520 });
const spec = trialSpec.parse({ hidden: [8], latent: 2, noise: 0.4, validation_images: 70, seed: 3 });
const weights = initialParameters(spec, image);

beforeAll(async () => {
  await startBackend('wasm');
});

test('[J1] agrees with the double-precision reference over every image of the split', async () => {
  const reference = referenceAutoencoder(spec, image);
  for (const split of ['test', 'validation'] as const) {
    const images = judgedImages({ dataset, split, noise: spec.noise, validationImages: 70 });
    expect(images.count).toBe(split === 'test' ? 520 : 70);
    const buffers = plainBuffers(30 * images.count);
    const { clean, noisy } = buffers;
    images.fill(buffers, 0, images.count);
    let sum = 0;
    for (let n = 0; n < images.count; n += 1) {
      const pixels = Float64Array.from(noisy.subarray(30 * n, 30 * n + 30));
      reference.logits(Float64Array.from(weights), pixels).forEach((z, i) => {
        sum += (1 / (1 + Math.exp(-z)) - (clean[30 * n + i] ?? NaN)) ** 2;
      });
    }
    const { measures } = await evaluateWeights({ spec, dataset, weights, split });
    expect(measures[`${split}_mse`]).toBeCloseTo(sum / clean.length, 6);
  }
});

test('[J2] all trials are judged on the same noisy pictures, whatever their seed and validation split', () => {
  const [one, other] = [plainBuffers(30), plainBuffers(30)];
  const { clean, noisy: first } = one;
  judgedImages({ dataset, split: 'validation', noise: 0.4, validationImages: 70 }).fill(one, 69, 1);
  judgedImages({ dataset, split: 'validation', noise: 0.4, validationImages: 1 }).fill(other, 0, 1);
  expect(other.noisy).toEqual(first);
  expect(first).not.toEqual(clean);
  expect(Math.min(...first)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...first)).toBeLessThanOrEqual(1);
});

test('E_WEIGHTS_SHAPE and E_WEIGHTS_NOT_FINITE: weights that cannot be judged', async () => {
  await expect(evaluateWeights({ spec, dataset, weights: weights.slice(1) })).rejects.toMatchObject({
    code: 'E_WEIGHTS_SHAPE',
    message: expect.stringContaining(`${weights.length - 1} values`) as unknown,
  });
  const broken = weights.slice();
  broken[4] = NaN;
  await expect(evaluateWeights({ spec, dataset, weights: broken })).rejects.toMatchObject({
    code: 'E_WEIGHTS_NOT_FINITE',
    message: expect.stringContaining('Weight 4') as unknown,
  });
});

test('[J4] an abort is noticed at the next yield', async () => {
  const stop = new AbortController();
  stop.abort();
  let now = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 100));
  const judged = evaluateWeights({ spec, dataset, weights, signal: stop.signal });
  await expect(judged).rejects.toBeInstanceOf(Interrupted);
  clock.mockRestore();
});
