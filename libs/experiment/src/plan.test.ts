import { describe, expect, test } from '@jest/globals';
import { baselineTasks } from './baseline-tasks.ts';
import { cellLabel } from './cell-label.ts';
import { datasetDigest, fashionMnistManifest, mnistManifest } from './manifest.ts';
import { datasetNameOf, errorsMaxOf, planCells, sweptNames } from './plan.ts';
import { sweepHash } from './sweep-hash.ts';
import { sweepOf } from './testing.ts';

const two = sweepOf('name: x\nseeds: {count: 2, base: 7}\nparameters: {latent: {values: [2, 8]}, epochs: {value: 3}}');

describe('planCells', () => {
  test('[P1] [P2] [P3] gives cells x seeds with every parameter filled in', () => {
    const cells = planCells(two);
    expect(
      cells.map(({ index, parameters, trials }) => ({ index, parameters, seeds: trials.map(({ seed }) => seed) })),
    ).toEqual([
      { index: 0, parameters: { latent: 2, epochs: 3 }, seeds: [7, 8] },
      { index: 1, parameters: { latent: 8, epochs: 3 }, seeds: [7, 8] },
    ]);
    expect(cells[1]?.trials[1]).toEqual({
      seedIndex: 1,
      seed: 8,
      spec: {
        dataset: 'mnist',
        model: 'mlp',
        latent: 8,
        noise: 0,
        hidden: [512, 256],
        channels: [16, 32],
        bottleneck: 'dense',
        downsampling: 'stride',
        kernel_size: 3,
        padding: 'same',
        task: 'autoencode',
        features: 'finetuned',
        labels: 'all',
        classifier_hidden: [128],
        classifier_epochs: 20,
        classifier_learning_rate: 0.001,
        anomaly_class: 0,
        activation: 'relu',
        loss: 'mse',
        code: 'plain',
        code_weight: 1,
        sparsity_target: 0.05,
        optimizer: 'adam',
        weight_decay: 0.01,
        momentum: 0.9,
        learning_rate: 0.002,
        schedule: 'cosine',
        warmup_steps: 100,
        batch_size: 128,
        epochs: 3,
        validation_images: 5000,
        patience: 0,
        min_delta: 0,
        final_weights: 'last',
        seed: 8,
      },
    });
  });

  test('[P2] the key is the SHA-256 of the canonical parameters', () => {
    // printf '{"epochs":3,"latent":2}' | sha256sum
    expect(planCells(two)[0]?.key).toBe('57819362146c0b0c0c45b2d859a6a4ac6f3bfcb2fa33cffc714f4305b695a23a');
  });

  test('names for people and for the core', () => {
    expect(cellLabel({ latent: 8, noise: 0.3, hidden: [512, 256] })).toBe('latent 8, noise 0.3, hidden 512-256');
    expect(cellLabel({ latent: 8, epochs: 3 }, sweptNames(two))).toBe('latent 8');
    expect(sweptNames(two)).toEqual(['latent']);
    expect(errorsMaxOf(two)).toBe(3);
    expect(datasetNameOf(two)).toBe('mnist');
    const fashion = 'name: x\nparameters: {latent: {value: 2}, dataset: {values: [fashion-mnist]}}';
    expect(datasetNameOf(sweepOf(fashion))).toBe('fashion-mnist');
  });
});

describe('sweepHash', () => {
  const digest = datasetDigest(mnistManifest);
  const hash = (text: string) => sweepHash(sweepOf(text), digest);
  const base = 'name: x\nparameters: {latent: {values: [2, 8]}, noise: {value: 0.3}}\n';

  test('[P5] is the same for the same sweep said otherwise', () => {
    const same = [
      '# a comment\nparameters: {noise: {value: 0.30}, latent: {values: [2, 8]}}\nname: x',
      'name: x\nparameters: {latent: {values: [8, 2]}, noise: {values: [0.3]}, epochs: {value: 12}}',
      `${base}method: grid\nseeds: {count: 1}\nretry: 2\nmetric: {name: test_mse}`,
      `${base.replace('}}', '}, hidden: {value: [512, 256]}}')}`,
    ];
    for (const text of same) expect(hash(text)).toBe(hash(base));
  });

  test('[P5] changes with anything else', () => {
    const others = [
      base.replace('x', 'y'),
      base.replace('0.3', '0.31'),
      base.replace('8', '9'),
      `${base}seeds: {base: 1}`,
      `${base}retry: 3`,
      `${base}metric: {goal: maximize}`,
      `${base}run_cap: 1`,
      'name: x\nrun_cap: 1\nparameters: {latent: {values: [8, 2]}, noise: {value: 0.3}}',
      'name: x\nparameters: {latent: {values: [2, 8]}, noise: {value: 0.3}, train_images: {value: 60000}}',
    ];
    const hashes = others.map(hash);
    hashes.push(hash(base), sweepHash(sweepOf(base), datasetDigest(fashionMnistManifest)));
    expect(new Set(hashes).size).toBe(others.length + 2);
  });
});

describe('baselineTasks', () => {
  test('[P7] are what the table of the sweep is read against', () => {
    const sweep = sweepOf(
      'name: x\nparameters: {latent: {values: [2, 8]}, noise: {values: [0, 0.3]}, epochs: {values: [1, 2]}}',
    );
    expect(baselineTasks(sweep, mnistManifest)).toEqual([
      { baseline: 'mean_image', latent: null, noise: 0 },
      { baseline: 'pca', latent: 2, noise: 0 },
      { baseline: 'identity', latent: null, noise: 0.3 },
      { baseline: 'linear', latent: 2, noise: 0.3 },
      { baseline: 'pca', latent: 8, noise: 0 },
      { baseline: 'linear', latent: 8, noise: 0.3 },
    ]);
  });

  test('[P7] the rank is the number of values in the code; a code as large as the picture has no linear counterpart', () => {
    const spatial =
      'name: x\nparameters: {model: {value: cnn}, bottleneck: {value: spatial}, latent: {values: [2, 16]}}';
    expect(baselineTasks(sweepOf(spatial), mnistManifest)).toEqual([
      { baseline: 'mean_image', latent: null, noise: 0 },
      { baseline: 'pca', latent: 98, noise: 0 },
    ]);
  });
});
