import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parametersSha256 } from '@gradpool/tensors';
import { initialParameters, trialSpec, type TrialSpec } from '@gradpool/experiment';
import { startBackend } from './backend.ts';
import { openEngine } from './engine.ts';
import { evaluateWeights } from './evaluation.ts';
import type { Split } from './judged-images.ts';
import { epochPictures } from './preview.ts';
import {
  trainTrial,
  type EpochPictures,
  type EpochPoint,
  type TrainTrialOptions,
  type TrainTrialResult,
} from './trainer.ts';
import { Interrupted, TrainingError } from './training-error.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';

const dataset = tinyDataset({ image: { height: 8, width: 8, channels: 1 }, train: 150, test: 40 });
const base = { hidden: [24], channels: [4], latent: 3, batch_size: 16, epochs: 3, validation_images: 30, seed: 7 };
const yieldNow = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeAll(async () => {
  await startBackend('wasm');
});

describe.each(['mlp', 'cnn'] as const)('training the %s', (model) => {
  const spec = trialSpec.parse({ ...base, model, noise: 0.3 });

  test('[T5] lowers the error well below that of the untrained network, and reports each epoch once', async () => {
    const points: EpochPoint[] = [];
    const longer = { ...spec, epochs: 25, learning_rate: 0.005 };
    const result = await train({ spec: longer, onEpoch: (more) => points.push(...more) });
    const {
      measures: { test_mse: untrained = NaN },
    } = await evaluateWeights({
      spec,
      dataset,
      weights: initialParameters(spec, dataset.manifest.image),
    });
    expect(result.score).toBeLessThan(0.7 * untrained);
    expect(result.images).toBe(25 * 120);
    expect(points.filter(({ name }) => name === 'train_mse').map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: 25 }, (_, i) => i + 1),
    );
    expect(points.slice(-2)).toEqual([
      { epoch: 25, name: 'validation_mse', value: result.validationMse },
      { epoch: 25, name: 'overfit_gap', value: result.overfitGap },
    ]);
  });

  test('[J1] the claim is what an evaluation of the weights finds', async () => {
    const { weights, score, validationMse, overfitGap } = await train({ spec });
    const judged = (split: Split) => evaluateWeights({ spec, dataset, weights, split });
    expect(await judged('test')).toMatchObject({ measures: { test_mse: score } });
    expect(await judged('validation')).toMatchObject({ measures: { validation_mse: validationMse } });
    const { measures } = await judged('trained');
    expect(overfitGap).toBe((validationMse ?? NaN) - (measures['trained_mse'] ?? NaN));
  });

  test('[T8] after each kept epoch it shows what it makes of the first test images', async () => {
    const seen: EpochPictures[] = [];
    const { weights } = await train({ spec, onPictures: (pictures) => seen.push(pictures) });
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    const engine = openEngine(spec, dataset.manifest.image, 3);
    engine.parameters.set(weights);
    expect(seen.at(-1)?.bytes).toEqual(await epochPictures(engine, { spec, dataset }));
    expect(seen[0]?.bytes).not.toEqual(seen[2]?.bytes);
    const pixels = dataset.testImages.length / dataset.manifest.test.images;
    expect(seen[0]?.bytes).toHaveLength(8 * pixels);
  });

  test('[T3] the same seed gives the same bits, another seed others', async () => {
    const first = parametersSha256((await train({ spec })).weights);
    expect(parametersSha256((await train({ spec })).weights)).toBe(first);
    expect(parametersSha256((await train({ spec: { ...spec, seed: 8 } })).weights)).not.toBe(first);
  });

  // 8 steps an epoch: inside an epoch, at its end, after the last step of all.
  test.each([1, 5, 8, 13, 24])(
    '[T4] interrupted after %i steps and resumed, the run ends with the same bits and points',
    async (steps) => {
      const points: EpochPoint[] = [];
      const whole = await train({ spec, onEpoch: (more) => points.push(...more) });
      const pieces: EpochPoint[] = [];
      const checkpoint = await interruptAfter(spec, steps, pieces);
      expect(checkpoint.epoch).toBe(Math.floor(steps / 8));
      const rest = await train({ spec, resume: checkpoint.bytes, onEpoch: (more) => pieces.push(...more) });
      expect(parametersSha256(rest.weights)).toBe(parametersSha256(whole.weights));
      expect(rest).toMatchObject({
        score: whole.score,
        validationMse: whole.validationMse,
        images: 360 - imagesAfter(steps),
      });
      const judged = ({ name }: EpochPoint): boolean => name !== 'images_per_second';
      expect(pieces.filter(judged)).toEqual(points.filter(judged));
    },
  );
});

describe.each([
  { model: 'vanilla', activation: 'sigmoid' },
  { model: 'cnn', bottleneck: 'spatial', activation: 'gelu' },
  { model: 'cnn', bottleneck: 'spatial', downsampling: 'maxpool', kernel_size: 5, padding: 2 },
  { model: 'cnn', bottleneck: 'spatial', code: 'variational', code_weight: 0.1 },
  { model: 'cnn', downsampling: 'maxpool', activation: 'elu' },
  { code: 'l1' },
  { code: 'kl', code_weight: 0.1 },
  { code: 'variational', code_weight: 0.2 },
] as const)('training %j', (variant) => {
  const spec = trialSpec.parse({ ...base, ...variant, noise: 0.1 });

  test('[T5] lowers the error well below that of the untrained network, and names what it minimized', async () => {
    const names = new Set<string>();
    const longer = { ...spec, epochs: 40, learning_rate: 0.005 };
    const result = await train({ spec: longer, onEpoch: (points) => points.forEach(({ name }) => names.add(name)) });
    const weights = initialParameters(spec, dataset.manifest.image);
    const {
      measures: { test_mse: untrained = NaN },
    } = await evaluateWeights({ spec, dataset, weights });
    expect(result.score).toBeLessThan(0.7 * untrained);
    expect(names).toContain(spec.code === 'plain' ? 'train_mse' : 'train_objective');
  });

  test('[T3] [T4] [J1] the same bits again, after an interruption too, and a claim that an evaluation confirms', async () => {
    const whole = await train({ spec });
    const { bytes } = await interruptAfter(spec, 11, []);
    const rest = await train({ spec, resume: bytes });
    expect(parametersSha256(rest.weights)).toBe(parametersSha256(whole.weights));
    expect(await evaluateWeights({ spec, dataset, weights: whole.weights })).toMatchObject({
      measures: { test_mse: whole.score },
    });
  });

  test('[T8] pictures of its own stand behind the reconstructions where the model is a generator', async () => {
    const seen: EpochPictures[] = [];
    await train({ spec, onPictures: (pictures) => seen.push(pictures) });
    const bytes = 8 * 64;
    expect(seen[0]?.bytes).toHaveLength(spec.code === 'variational' ? 2 * bytes : bytes);
    if (spec.code === 'variational') {
      expect(seen[2]?.bytes.subarray(bytes)).not.toEqual(seen[0]?.bytes.subarray(bytes));
      expect(seen[2]?.bytes.subarray(bytes)).not.toEqual(seen[2]?.bytes.subarray(0, bytes));
    }
  });
});

test.each([
  { optimizer: 'adamw', weight_decay: 0.3 },
  { optimizer: 'sgd', learning_rate: 0.5 },
  { optimizer: 'sgd', momentum: 0, learning_rate: 0.5 },
] as const)('[T4] %j goes on from its checkpoint, and is no other optimizer', async (optimizer) => {
  const spec = trialSpec.parse({ ...base, ...optimizer });
  const whole = await train({ spec });
  const { bytes } = await interruptAfter(spec, 11, []);
  const digest = parametersSha256((await train({ spec, resume: bytes })).weights);
  expect(digest).toBe(parametersSha256(whole.weights));
  const others = [
    { ...spec, optimizer: 'adam' as const },
    { ...spec, weight_decay: 0, momentum: 0.5 },
  ];
  for (const other of others) {
    expect(parametersSha256((await train({ spec: other })).weights)).not.toBe(digest);
    await expect(train({ spec: other, resume: bytes })).rejects.toMatchObject({ code: 'E_CHECKPOINT_INVALID' });
  }
});

test('[T4] a run that is asked to stop after an epoch tells its validation error there, also when it was resumed right there', async () => {
  const spec = trialSpec.parse(base);
  const whole = await train({ spec });
  const stopped = async (resume: Uint8Array | null): Promise<{ bytes: Uint8Array; points: EpochPoint[] }> => {
    const points: EpochPoint[] = [];
    const run = train({ spec, resume, stopAfter: 2, onEpoch: (more) => points.push(...more) });
    const error: unknown = await run.catch((thrown: unknown) => thrown);
    if (!(error instanceof Interrupted) || error.checkpoint?.epoch !== 2) throw error;
    return { bytes: error.checkpoint.bytes, points };
  };
  const first = await stopped(null);
  const again = await stopped(first.bytes);
  const judged = first.points.filter(({ epoch, name }) => epoch === 2 && name === 'validation_mse');
  expect(judged).toHaveLength(1);
  expect(again.points).toEqual(judged);
  expect(again.bytes).toEqual(first.bytes);
  const rest = await train({ spec, resume: first.bytes });
  expect(parametersSha256(rest.weights)).toBe(parametersSha256(whole.weights));
});

test.each(['psnr', 'ssim'])(
  '[T5] where test_%s is wanted, every epoch and the result have its like on the validation images',
  async (name) => {
    const spec = trialSpec.parse({ ...base, epochs: 2 });
    const points: EpochPoint[] = [];
    const { weights, measures } = await train({
      ...{ spec, metric: `test_${name}`, onEpoch: (more) => points.push(...more) },
    });
    const told = points.filter((point) => point.name === `validation_${name}`);
    expect(told.map(({ epoch }) => epoch)).toEqual([1, 2]);
    const judged = await evaluateWeights({ spec, dataset, weights, split: 'validation' });
    expect(measures).toEqual({ [`validation_${name}`]: judged.measures[`validation_${name}`] });
    expect(told.at(-1)?.value).toBe(measures[`validation_${name}`]);
  },
);

test('[T4] a stored checkpoint of a run that goes on is one to resume from', async () => {
  const spec = trialSpec.parse(base);
  const stored: Uint8Array[] = [];
  let clock = 0;
  const whole = await train({
    spec: { ...spec, epochs: 30 },
    checkpointDue: () => (clock += 1) === 1,
    onCheckpoint: ({ bytes }) => stored.push(bytes),
  });
  expect(stored.length).toBe(1);
  const resumed = await train({ spec: { ...spec, epochs: 30 }, resume: stored[0] ?? null });
  expect(parametersSha256(resumed.weights)).toBe(parametersSha256(whole.weights));
});

test.each(['relu', 'tanh', 'elu', 'gelu'] as const)(
  '[T6] E_NAN_LOSS: weights that are NaN end the run by the end of the epoch (%s)',
  async (activation) => {
    const spec = trialSpec.parse({ ...base, activation, epochs: 50 });
    const { bytes } = await interruptAfter(spec, 1, []);
    const vectorBytes = initialParameters(spec, dataset.manifest.image).byteLength;
    const bad = new Uint8Array(Float32Array.of(NaN).buffer);
    // Parameters come before Adam's two moments: the first weight of all becomes NaN.
    bytes.set(bad, bytes.length - 3 * vectorBytes);
    const failed = train({ spec, resume: bytes });
    await expect(failed).rejects.toMatchObject({
      code: 'E_NAN_LOSS',
      message: expect.stringMatching(/step \d of 400 .*lower learning_rate 0.002/) as unknown,
    });
  },
);

test('[T5] no validation split: no validation error, every train image used', async () => {
  const result = await train({ spec: trialSpec.parse({ ...base, validation_images: 0, epochs: 1 }) });
  expect(result).toMatchObject({ validationMse: null, overfitGap: null, images: 150 });
});

test('E_SPLIT_EMPTY: all images held out', async () => {
  const failed = train({ spec: trialSpec.parse({ ...base, validation_images: 150 }) });
  await expect(failed).rejects.toMatchObject({ code: 'E_SPLIT_EMPTY' });
});

test('[T5] cross-entropy trains too and is reported under its own name; the claim stays a squared error', async () => {
  const names = new Set<string>();
  const spec = trialSpec.parse({ ...base, loss: 'bce', epochs: 2 });
  const { score } = await train({ spec, onEpoch: (points) => points.forEach(({ name }) => names.add(name)) });
  expect([...names].sort()).toEqual(['images_per_second', 'overfit_gap', 'train_bce', 'validation_mse']);
  expect(score).toBeLessThan(0.25);
});

describe('stopping early', () => {
  // So few images that the network soon learns them by heart.
  const small = { hidden: [64], latent: 8, learning_rate: 0.02, schedule: 'constant', train_images: 16, epochs: 60 };
  const spec = trialSpec.parse({ ...base, ...small, noise: 0.3, patience: 4, final_weights: 'best' });
  const mseOf = (points: readonly EpochPoint[]): number[] =>
    points.filter(({ name }) => name === 'validation_mse').map(({ value }) => value);

  test('[T12] the run ends when the validation error has not fallen for `patience` epochs, with its best weights', async () => {
    const points: EpochPoint[] = [];
    const ended = await train({ spec, onEpoch: (more) => points.push(...more) });
    const errors = mseOf(points);
    expect(errors).toHaveLength(ended.epochs);
    expect(ended.epochs).toBeLessThan(60);
    expect(ended.weightsEpoch).toBe(ended.epochs - 4);
    expect(Math.min(...errors)).toBe(errors[ended.weightsEpoch - 1]);
    expect(ended.validationMse).toBe(Math.min(...errors));
    expect(ended.overfitGap).toBeGreaterThan(0);
    expect(points.at(-1)).toEqual({ epoch: ended.epochs, name: 'weights_epoch', value: ended.weightsEpoch });
    const { measures } = await evaluateWeights({ spec, dataset, weights: ended.weights });
    expect(measures['test_mse']).toBe(ended.score);
  });

  test('[T12] without patience all epochs are trained, and the best weights are those of a run that ended there', async () => {
    const ended = await train({ spec });
    const whole = await train({ spec: { ...spec, patience: 0, epochs: ended.epochs + 2 } });
    expect(whole.epochs).toBe(ended.epochs + 2);
    expect(whole.weightsEpoch).toBe(ended.weightsEpoch);
    const there = await train({ spec: { ...spec, patience: 0, final_weights: 'last', epochs: ended.weightsEpoch } });
    expect(there.weightsEpoch).toBe(ended.weightsEpoch);
    const digest = parametersSha256(there.weights);
    expect([parametersSha256(ended.weights), parametersSha256(whole.weights)]).toEqual([digest, digest]);
  });

  test('[T12] a fall of no more than min_delta is none', async () => {
    const { epochs, weightsEpoch } = await train({ spec: { ...spec, min_delta: 1 } });
    expect([epochs, weightsEpoch]).toEqual([5, 1]);
  });

  test.each([1, 3, 5, 12])(
    '[T4] [T12] interrupted after %i epochs, it stops at the same epoch with the same bits',
    async (steps) => {
      const whole = await train({ spec });
      const { bytes } = await interruptAfter(spec, steps, []);
      const rest = await train({ spec, resume: bytes });
      expect(parametersSha256(rest.weights)).toBe(parametersSha256(whole.weights));
      expect({ ...rest, images: 0, weights: null }).toEqual({ ...whole, images: 0, weights: null });
    },
  );

  test('[T4] [T12] interrupted while it is judged, it does not train on', async () => {
    const whole = await train({ spec });
    const stop = new AbortController();
    const onPreview = (): void => {
      stop.abort();
      // An abort is noticed where the work yields.
      let now = 0;
      jest.spyOn(performance, 'now').mockImplementation(() => (now += 100));
    };
    const judged = train({ spec, signal: stop.signal, previewDue: (last) => last, onPreview });
    const stopped = (await judged.catch((error: unknown) => error)) as Interrupted;
    jest.restoreAllMocks();
    expect(stopped).toBeInstanceOf(Interrupted);
    const rest = await train({ spec, resume: stopped.checkpoint?.bytes ?? null });
    expect({ ...rest, weights: parametersSha256(rest.weights) }).toEqual({
      ...whole,
      weights: parametersSha256(whole.weights),
      images: 0,
    });
  });
});

function imagesAfter(steps: number): number {
  return Math.floor(steps / 8) * 120 + (steps % 8) * 16;
}

function train(options: Partial<TrainTrialOptions> & { spec: TrialSpec }): Promise<TrainTrialResult> {
  return trainTrial({
    dataset,
    resume: null,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    yieldToLoop: yieldNow,
    ...options,
  });
}

/** A signal that counts how often the trainer looks at it, once a step, and aborts at the given one. */
async function interruptAfter(
  spec: TrialSpec,
  steps: number,
  points: EpochPoint[],
): Promise<{ epoch: number; bytes: Uint8Array }> {
  let asked = 0;
  const signal = {
    get aborted() {
      asked += 1;
      return asked >= steps;
    },
  } as AbortSignal;
  try {
    await train({ spec, signal, onEpoch: (more) => points.push(...more) });
  } catch (error) {
    if (error instanceof Interrupted && error.checkpoint) return error.checkpoint;
    throw error;
  }
  throw new TrainingError('E_NAN_LOSS', 'the run was not interrupted');
}
