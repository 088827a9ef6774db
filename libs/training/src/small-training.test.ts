import { beforeAll, describe, expect, test } from '@jest/globals';
import { initialVector, modelLayers, trialSpec, weightsLayout, type TrialSpec } from '@gradpool/experiment';
import { parametersSha256 } from '@gradpool/tensors';
import { startBackend } from './backend.ts';
import type { Dataset } from './dataset.ts';
import { evaluateWeights } from './evaluation.ts';
import { realMnist } from './testing/real-mnist.ts';
import { trainTrial, type EpochPoint, type TrainTrialOptions } from './trainer.ts';

let dataset: Dataset;
beforeAll(async () => {
  await startBackend('wasm');
  dataset = await realMnist({ test: 200 });
});

/** A few hundred real digits: every kind of model that a sweep can name, as small as it can be and still learn. */
const base = { latent: 8, noise: 0.3, train_images: 600, validation_images: 100, batch_size: 32, epochs: 4, seed: 3 };
const autoencoders = {
  vanilla: { model: 'vanilla' },
  'deep MLP': { hidden: [64, 32] },
  'CNN with a dense bottleneck': { model: 'cnn', channels: [4, 8], learning_rate: 0.005 },
  'CNN with a spatial bottleneck': {
    ...{ model: 'cnn', channels: [4, 8], bottleneck: 'spatial', latent: 2, learning_rate: 0.01 },
  },
  'CNN of max-pooling and upsampling': {
    model: 'cnn',
    channels: [4, 8],
    downsampling: 'maxpool',
    learning_rate: 0.005,
  },
  'sparse, L1': { hidden: [64], code: 'l1', code_weight: 0.1 },
  'sparse, KL': { hidden: [64], code: 'kl', code_weight: 0.1, sparsity_target: 0.2 },
  variational: { hidden: [64], code: 'variational', loss: 'bce' },
} as const;

describe.each(Object.entries(autoencoders))('%s', (_name, parts) => {
  test('[T3] [T5] learns from a few hundred digits, twice to the same bits', async () => {
    const spec = trialSpec.parse({ ...base, ...parts });
    const [first, second] = [await train(spec), await train(spec)];
    expect(first.losses).toHaveLength(4);
    expect(first.losses.at(-1)).toBeLessThan(0.9 * first.losses[0]!);
    expect(first.weights).toHaveLength(weightsLayout(spec, dataset.manifest).size);
    const weights = initialVector(modelLayers(spec, dataset.manifest.image).layers, spec.seed);
    const untrained = (await evaluateWeights({ spec, dataset, weights })).measures['test_mse'];
    expect(first.score).toBeLessThan(0.6 * untrained!);
    expect(parametersSha256(second.weights)).toBe(parametersSha256(first.weights));
    expect(second).toMatchObject({ score: first.score, losses: first.losses });
  });
});

test.each(['finetuned', 'frozen', 'pixels'] as const)(
  '[C2] a classifier on features %s learns from a few hundred digits, twice to the same bits',
  async (features) => {
    const small = { task: 'classify', hidden: [64], latent: 16, labels: 400, classifier_hidden: [32] };
    const spec = trialSpec.parse({ ...base, ...small, features, classifier_epochs: 6, classifier_learning_rate: 0.01 });
    const [first, second] = [await train(spec, 'test_accuracy'), await train(spec, 'test_accuracy')];
    const losses = first.losses.slice(-6);
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
    // One in ten is chance.
    expect(first.score).toBeGreaterThan(0.5);
    expect(parametersSha256(second.weights)).toBe(parametersSha256(first.weights));
    expect(second.score).toBe(first.score);
  },
);

test('[A2] an anomaly detector learns from a few hundred digits, twice to the same bits', async () => {
  const spec = trialSpec.parse({ ...base, task: 'anomaly', anomaly_class: 0, latent: 4, hidden: [64], noise: 0 });
  const [first, second] = [await train(spec, 'test_auc'), await train(spec, 'test_auc')];
  expect(first.losses.at(-1)).toBeLessThan(0.9 * first.losses[0]!);
  // Half is chance.
  expect(first.score).toBeGreaterThan(0.7);
  expect(parametersSha256(second.weights)).toBe(parametersSha256(first.weights));
  expect(second.score).toBe(first.score);
});

/** `losses`: what training minimized, by epoch. */
async function train(spec: TrialSpec, metric = 'test_mse') {
  const points: EpochPoint[] = [];
  const options: TrainTrialOptions = {
    ...{ spec, dataset, metric, resume: null, signal: new AbortController().signal },
    ...{ onProgress: () => undefined, onEpoch: (more) => points.push(...more), yieldToLoop: () => Promise.resolve() },
  };
  const { weights, score } = await trainTrial(options);
  return { weights, score, losses: points.filter(({ name }) => name.startsWith('train_')).map(({ value }) => value) };
}
