import { beforeAll, describe, expect, test } from '@jest/globals';
import { classifierLayers, trialSpec, type TrialSpec } from '@gradpool/experiment';
import { parametersSha256 } from '@gradpool/tensors';
import { startBackend } from './backend.ts';
import { labelledImages } from './classifier-data.ts';
import type { Dataset } from './dataset.ts';
import { evaluateWeights } from './evaluation.ts';
import { openFeatureMap } from './feature-map.ts';
import { openLayerEngine } from './layer-engine.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';
import { trainTrial, type EpochPoint, type TrainTrialOptions } from './trainer.ts';
import { Interrupted } from './training-error.ts';

const image = { height: 8, width: 6, channels: 1 };
const dataset = labelled(tinyDataset({ image, train: 400, test: 200 }));
const base = {
  ...{ task: 'classify', latent: 4, hidden: [16], channels: [4], classifier_hidden: [12], batch_size: 20, epochs: 2 },
  ...{ classifier_epochs: 2, classifier_learning_rate: 0.01, validation_images: 40, noise: 0.2, seed: 5 },
};

/** Class 1 where the upper half is the brighter one. */
function labelled(plain: Dataset): Dataset {
  const labelsOf = (images: Uint8Array, count: number): Uint8Array =>
    Uint8Array.from({ length: count }, (_, n) => {
      const sum = (from: number): number => images.subarray(from, from + 24).reduce((total, value) => total + value, 0);
      return sum(48 * n) > sum(48 * n + 24) ? 1 : 0;
    });
  const trainLabels = labelsOf(plain.trainImages, 400);
  return { ...plain, trainLabels, testLabels: labelsOf(plain.testImages, 200) };
}

const train = (spec: TrialSpec, changes: Partial<TrainTrialOptions> = {}) =>
  trainTrial({
    ...{ spec, dataset, metric: 'test_accuracy', resume: null, signal: new AbortController().signal },
    ...{ onProgress: () => undefined, onEpoch: () => undefined, yieldToLoop: () => Promise.resolve() },
    ...changes,
  });

beforeAll(async () => {
  await startBackend('wasm');
});

describe.each(['finetuned', 'frozen', 'random', 'pca', 'pixels', 'pixels_frozen_noise'] as const)(
  'a classifier on features %s',
  (features) => {
    const spec = trialSpec.parse({ ...base, features, labels: 100 });

    test('[C2] learns, and its claim is what an evaluation of the weights finds', async () => {
      const { weights, score, measures } = await train(
        trialSpec.parse({ ...base, features, noise: 0, classifier_epochs: 8 }),
      );
      const judged = await evaluateWeights({
        spec: trialSpec.parse({ ...base, features, noise: 0, classifier_epochs: 8 }),
        ...{ dataset, weights },
      });
      expect(judged.measures['test_accuracy']).toBe(score);
      const map = openFeatureMap({ spec: trialSpec.parse({ ...base, features }), dataset, weights, capacity: 3 });
      const features3 = await map.encode(new Float32Array(3 * 48).fill(0.5));
      expect(features3).toHaveLength(3 * (features.startsWith('pixels') ? 48 : 4));
      expect(score).toBeGreaterThan(features === 'random' ? 0.6 : 0.75);
      expect(measures['classifier_seconds']).toBeGreaterThan(0);
    });

    // 40 steps: one in the autoencoder's training, the others in the classifier's.
    test.each([3, 40, 75])('[C8] interrupted after %i steps it ends with the same bits', async (steps) => {
      const whole = await train(spec);
      const stop = new AbortController();
      let now = 0;
      let taken = 0;
      const clock = performance.now.bind(performance);
      performance.now = () => (now += 100);
      const yieldToLoop = (): Promise<void> => {
        taken += 1;
        if (taken === steps) stop.abort();
        return Promise.resolve();
      };
      const stopped: unknown = await train(spec, { signal: stop.signal, yieldToLoop }).catch((error: unknown) => error);
      performance.now = clock;
      const resume = stopped instanceof Interrupted ? (stopped.checkpoint?.bytes ?? null) : null;
      const rest = await train(spec, { resume });
      expect(parametersSha256(rest.weights)).toBe(parametersSha256(whole.weights));
      expect(rest.score).toBe(whole.score);
    });
  },
);

test.each([
  { features: 'frozen', stopAfter: 3 },
  { features: 'pixels', stopAfter: 1 },
] as const)(
  '[C6] on $features it stops where it is asked to, with the figures there, and goes on with the same bits',
  async (parts) => {
    const { features, stopAfter } = parts;
    const spec = trialSpec.parse({ ...base, features, labels: 100 });
    const stopped = async (resume: Uint8Array | null) => {
      const points: EpochPoint[] = [];
      const more = { metric: 'test_f1', resume, stopAfter, onEpoch: (told: EpochPoint[]) => points.push(...told) };
      const error: unknown = await train(spec, more).catch((thrown: unknown) => thrown);
      if (!(error instanceof Interrupted) || error.checkpoint?.epoch !== stopAfter) throw error;
      return { bytes: error.checkpoint.bytes, points: points.filter(({ epoch }) => epoch === stopAfter) };
    };
    const first = await stopped(null);
    const names = ['validation_accuracy', 'validation_cross_entropy', 'validation_f1'];
    expect(first.points.map(({ name }) => name)).toEqual(['train_cross_entropy', ...names]);
    const again = await stopped(first.bytes);
    expect(again.points).toEqual(first.points.slice(1));
    expect(again.bytes).toEqual(first.bytes);
    const points: EpochPoint[] = [];
    const rest = await train(spec, { resume: first.bytes, onEpoch: (told) => points.push(...told) });
    expect(parametersSha256(rest.weights)).toBe(parametersSha256((await train(spec)).weights));
    expect(new Set(points.map(({ epoch }) => epoch))).toEqual(new Set([stopAfter + 1]));
  },
);

test('[C2] a convolutional encoder with a spatial code is fine-tuned too', async () => {
  const spec = trialSpec.parse({
    ...base,
    model: 'cnn',
    bottleneck: 'spatial',
    latent: 2,
    activation: 'gelu',
    epochs: 1,
  });
  const { weights, score } = await train(spec);
  expect((await evaluateWeights({ spec, dataset, weights })).measures['test_accuracy']).toBe(score);
});

test('[C7] pretrain_noise is the noise of the autoencoder alone', async () => {
  const own = { ...base, features: 'frozen', labels: 20 };
  const epochsOf = async (changes: object) => {
    const points: EpochPoint[] = [];
    const { weights } = await train(trialSpec.parse({ ...own, ...changes }), {
      onEpoch: (told) => void points.push(...told),
    });
    return { weights, trainMse: points.find(({ name }) => name === 'train_mse')?.value };
  };
  const same = await epochsOf({ pretrain_noise: base.noise });
  const plain = await epochsOf({});
  expect(parametersSha256(same.weights)).toBe(parametersSha256(plain.weights));
  const [clean, denoising] = [await epochsOf({ noise: 0 }), await epochsOf({ noise: 0, pretrain_noise: base.noise })];
  // The same noise in training, whatever the classifier learns under.
  expect(denoising.trainMse).toBe(plain.trainMse);
  expect(denoising.trainMse).not.toBe(clean.trainMse);
  expect(parametersSha256(denoising.weights)).not.toBe(parametersSha256(plain.weights));
});

test('[C4] an encoder of max-pooling has the same codes and gradient as a plan and through tfjs', async () => {
  const spec = trialSpec.parse({ ...base, model: 'cnn', downsampling: 'maxpool', activation: 'elu' });
  const { encoder, head } = classifierLayers(spec, { image: { height: 8, width: 4, channels: 1 }, classes: 3 });
  const layers = [...encoder, ...head];
  const found = [];
  for (const path of ['plan', 'tfjs'] as const) {
    const engine = openLayerEngine({ layers, rule: { name: 'sgd' }, capacity: 5, path });
    engine.inputs.forEach((_, i) => (engine.inputs[i] = Math.sin(3 * i + 1)));
    engine.parameters.forEach((_, i) => (engine.parameters[i] = 0.7 * Math.sin(7 * i + 2)));
    await engine.lossAndGradient([2, 0, 1, 1, 2], 5);
    found.push([...engine.gradient, ...(await engine.run(5))]);
  }
  const [plan, tfjs] = found as [number[], number[]];
  const off = Math.max(...plan.map((value, i) => Math.abs(value - tfjs[i]!)));
  expect(off).toBeLessThan(1e-5 * Math.max(...tfjs.map(Math.abs)));
});

test('[C3] labels are as many of each class, drawn by the seed', () => {
  const of = (seed: number) => labelledImages(trialSpec.parse({ ...base, labels: 51, seed }), dataset);
  const { indices, labels } = of(0);
  expect(indices).toHaveLength(51);
  expect(new Set(indices).size).toBe(51);
  expect(labels.filter((label) => label === 0)).toHaveLength(26);
  expect([...labels]).toEqual([...indices].map((index) => dataset.trainLabels[index]));
  expect(of(0).indices).toEqual(indices);
  expect(of(1).indices).not.toEqual(indices);
  expect(Math.max(...indices)).toBeLessThan(360);
});

test('[C3] E_SPLIT_EMPTY: a class with too few images', () => {
  const spec = trialSpec.parse({ ...base, labels: 359 });
  expect(() => labelledImages(spec, dataset)).toThrow(/ask for fewer labels/);
});

test('[C4] the gradient of the classifier is that of finite differences, as a plan and through tfjs', async () => {
  const layers = [
    { kind: 'dense', name: 'a', inputs: 5, outputs: 4, activation: 'tanh' },
    { kind: 'dense', name: 'b', inputs: 4, outputs: 3, activation: 'linear' },
  ] as const;
  const labels = [2, 0, 1, 1, 2, 0];
  const gradients: Float32Array[] = [];
  for (const path of ['plan', 'tfjs'] as const) {
    const engine = openLayerEngine({ layers, rule: { name: 'sgd' }, capacity: 6, path });
    engine.inputs.forEach((_, i) => (engine.inputs[i] = Math.sin(3 * i + 1)));
    engine.parameters.forEach((_, i) => (engine.parameters[i] = 0.7 * Math.sin(7 * i + 2)));
    const loss = await engine.lossAndGradient(labels, 6);
    const gradient = engine.gradient.slice();
    gradients.push(gradient);
    for (const at of [0, 7, 19, 22, 30, 38]) {
      const start = engine.parameters[at]!;
      const [step, found]: [number, number[]] = [1e-2, []];
      for (const sign of [1, -1]) {
        engine.parameters[at] = start + sign * step;
        found.push(await engine.lossAndGradient(labels, 6));
      }
      engine.parameters[at] = start;
      expect(gradient[at]).toBeCloseTo((found[0]! - found[1]!) / (2 * step), 3);
    }
    expect(loss).toBeGreaterThan(0.3);
  }
  gradients[0]!.forEach((value, i) => {
    expect(value).toBeCloseTo(gradients[1]![i]!, 5);
  });
});
