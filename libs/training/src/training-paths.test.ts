import { beforeAll, expect, test } from '@jest/globals';
import { trialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import type { Dataset } from './dataset.ts';
import { realMnist } from './testing/real-mnist.ts';
import { trainTrial, type EpochPoint } from './trainer.ts';

let dataset: Dataset;
beforeAll(async () => {
  await startBackend('wasm');
  dataset = await realMnist({ test: 300 });
});

test.each([
  { model: 'mlp', hidden: [64], optimizer: 'adamw' },
  { model: 'cnn', channels: [4, 8], optimizer: 'sgd', learning_rate: 0.2 },
  { model: 'cnn', channels: [4, 8], downsampling: 'maxpool', learning_rate: 0.005 },
  {
    model: 'cnn',
    channels: [4, 8],
    bottleneck: 'spatial',
    activation: 'gelu',
    kernel_size: 4,
    padding: 1,
    learning_rate: 0.01,
  },
])('[P1] plan and tfjs train along the same curve on MNIST: %j', async (parameters) => {
  const spec = trialSpec.parse({
    ...{ latent: 8, seed: 5, noise: 0.3, epochs: 3, train_images: 1000, validation_images: 200 },
    ...parameters,
  });
  const curves = [];
  for (const path of ['plan', 'tfjs'] as const) {
    const points: EpochPoint[] = [];
    const { score } = await trainTrial({
      ...{ spec, dataset, path, resume: null, signal: new AbortController().signal },
      onProgress: () => undefined,
      // The gap is a small difference of two errors: rounding is more of it.
      onEpoch: (more) => points.push(...more.filter(({ name }) => name.endsWith('_mse'))),
      yieldToLoop: () => Promise.resolve(),
    });
    curves.push([...points.map(({ value }) => value), score]);
  }
  const [plan, tfjs] = curves as [number[], number[]];
  expect(plan).toHaveLength(7);
  expect(plan[0]).toBeGreaterThan(1.1 * plan[4]!);
  // Steps differ by 1e-7, which training makes larger as it goes.
  for (const [i, value] of plan.entries()) expect(Math.abs(value / tfjs[i]! - 1)).toBeLessThan(5e-4);
  // Other bits, so both paths have run.
  expect(plan).not.toEqual(tfjs);
});
