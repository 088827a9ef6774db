import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { initialParameters, trialSpec } from '@gradpool/experiment';
import { parametersSha256 } from '@gradpool/tensors';
import { startBackend } from './backend.ts';
import { deviceFull, deviceLost, watchDevice } from './device-loss.ts';
import type { Preview } from './preview.ts';
import { trainTrial, type TrainTrialOptions } from './trainer.ts';
import { Interrupted } from './training-error.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';

const dataset = tinyDataset({ image: { height: 8, width: 8, channels: 1 }, train: 100, test: 20 });
const spec = trialSpec.parse({
  hidden: [24],
  latent: 3,
  batch_size: 16,
  epochs: 3,
  validation_images: 20,
  noise: 0.3,
  seed: 7,
});

/** Stands for a graphics device: takes the same way through promises, computes with the plain kernels. */
beforeAll(async () => {
  await startBackend('cpu');
  tf.copyRegisteredKernels('cpu', 'webgl');
  tf.registerBackend('webgl', () => new MathBackendCPU());
});

const open = async (name: 'cpu' | 'webgl'): Promise<void> => {
  watchDevice(null);
  await tf.setBackend(name);
};

const train = (options: Partial<TrainTrialOptions> = {}) =>
  trainTrial({
    spec,
    dataset,
    resume: null,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    yieldToLoop: () => Promise.resolve(),
    ...options,
  });

describe('an engine whose weights stay on the device', () => {
  test.each([
    { optimizer: 'adam' },
    { optimizer: 'adamw', weight_decay: 0.5 },
    { optimizer: 'sgd', learning_rate: 0.5 },
    { optimizer: 'sgd', momentum: 0, learning_rate: 0.5 },
  ] as const)('[T1] trains to the same weights as one in main memory, but for rounding: %j', async (optimizer) => {
    const own = { ...spec, ...optimizer };
    await open('cpu');
    const plain = await train({ spec: own });
    await open('webgl');
    const resident = await train({ spec: own });
    const distance = Math.hypot(...resident.weights.map((value, i) => value - plain.weights[i]!));
    const moved = Math.hypot(
      ...plain.weights.map((value, i) => value - initialParameters(spec, dataset.manifest.image)[i]!),
    );
    expect(distance).toBeLessThan(1e-3 * moved);
    expect(resident.score).toBeCloseTo(plain.score, 5);
    expect(resident.images).toBe(plain.images);
  });

  test('[T4] interrupted and resumed, it ends with the same bits', async () => {
    await open('webgl');
    const whole = await train();
    const stop = new AbortController();
    let epochs = 0;
    const onEpoch = (): void => {
      epochs += 1;
      if (epochs === 2) stop.abort();
    };
    const interrupted: unknown = await train({ signal: stop.signal, onEpoch }).catch((error: unknown) => error);
    if (!(interrupted instanceof Interrupted) || !interrupted.checkpoint) throw new Error('expected a checkpoint');
    expect(interrupted.checkpoint.epoch).toBe(2);
    const rest = await train({ resume: interrupted.checkpoint.bytes });
    expect(parametersSha256(rest.weights)).toBe(parametersSha256(whole.weights));
  });

  test('[T7] leaves no tensor behind', async () => {
    await open('webgl');
    await train();
    const { numTensors } = tf.memory();
    await train();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('[T6] a loss that is not finite ends the run', async () => {
    await open('webgl');
    await expect(train({ spec: { ...spec, learning_rate: 1e30 } })).rejects.toMatchObject({ code: 'E_NAN_LOSS' });
  });

  test.each([deviceLost('a test'), deviceFull()])('[B5] %s: the run ends instead of waiting for ever', async (what) => {
    await open('webgl');
    watchDevice({ lost: Promise.reject(what), check: () => undefined });
    await expect(train()).rejects.toMatchObject({ code: what.code });
  });
});

test('pictures show the first test images, clean, noisy and reconstructed', async () => {
  for (const name of ['cpu', 'webgl'] as const) {
    await open(name);
    const previews: Preview[] = [];
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 100));
    await train({ previewDue: () => true, onPreview: (preview) => previews.push(preview) });
    jest.restoreAllMocks();
    const last = previews.at(-1);
    expect(last).toMatchObject({ count: 8, height: 8, width: 8, channels: 1 });
    expect(last?.clean).toEqual(dataset.testImages.slice(0, 8 * 64));
    expect(last?.noisy).not.toEqual(last?.clean);
    expect(last?.reconstructed).not.toEqual(previews[0]?.reconstructed);
  }
});
