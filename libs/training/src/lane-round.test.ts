import { beforeAll, expect, test } from '@jest/globals';
import { initialParameters, trialSpec } from '@gradpool/experiment';
import { codecs } from '@gradpool/tensors';
import { startBackend } from './backend.ts';
import { trainLane, type LaneOptions, type LaneResult } from './lane-round.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';
import { trainTrial } from './trainer.ts';

const dataset = tinyDataset({ image: { height: 8, width: 8, channels: 1 }, train: 150, test: 40 });
const pooled = { mode: 'local', batch: 8, codec: 'f32' } as const;
const spec = trialSpec.parse({
  ...{ hidden: [24], latent: 3, noise: 0.3, epochs: 2, validation_images: 30, seed: 7 },
  ...{ pooled, batch_size: 8 },
});
const parameters = initialParameters(spec, dataset.manifest.image);
const yieldToLoop = (): Promise<void> => Promise.resolve();

beforeAll(async () => {
  await startBackend('wasm');
});

const lane = (changes: Partial<LaneOptions> = {}): Promise<LaneResult> =>
  trainLane({
    ...{ spec, dataset, parameters, moments: null, round: 0, lane: 0, first: 0, steps: 15, msMax: 1e9 },
    ...{ done: 0, planned: 120, signal: new AbortController().signal, yieldToLoop },
    ...changes,
  });

function after(from: Float32Array, { delta }: LaneResult): Float32Array {
  const change = new Float32Array(from.length);
  codecs.f32.decode(delta, change);
  return from.map((value, i) => value + change[i]!);
}

const furthest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

test('[T10] a lane alone, from round to round, ends where one worker would', async () => {
  const first = await lane();
  const between = after(parameters, first);
  const second = await lane({ parameters: between, moments: first.moments, round: 1, first: 120, done: 120 });
  expect([first.images, second.images, second.moments.step]).toEqual([120, 120, 30]);
  const alone = await trainTrial({
    ...{ spec, dataset, resume: null, signal: new AbortController().signal, yieldToLoop },
    ...{ onProgress: () => undefined, onEpoch: () => undefined },
  });
  // Equal but for the rounding of the change between the rounds.
  expect(furthest(after(between, second), alone.weights)).toBeLessThan(1e-4);
  const fresh = await lane({ parameters: between, round: 1, first: 120, done: 120 });
  expect(furthest(after(between, fresh), alone.weights)).toBeGreaterThan(1e-3);
});

test('[T10] time ends a round, after one step at least', async () => {
  expect(await lane({ msMax: 0 })).toMatchObject({ images: 8, moments: { step: 1 } });
});

test('[T10] int4 takes a seventh of the bytes, and another lane rounds otherwise', async () => {
  const small = trialSpec.parse({ ...spec, pooled: { ...pooled, codec: 'int4' } });
  const [one, other] = [await lane({ spec: small }), await lane({ spec: small, lane: 1 })];
  expect(one.delta.length).toBe(codecs.int4.byteLength(parameters.length));
  expect(one.delta).not.toEqual(other.delta);
});

test('[T10] weights that are not finite, of another length, or a stop end the lease', async () => {
  await expect(lane({ parameters: parameters.map(() => Number.NaN) })).rejects.toMatchObject({ code: 'E_NAN_LOSS' });
  await expect(lane({ parameters: parameters.subarray(1) })).rejects.toMatchObject({ code: 'E_WEIGHTS_SHAPE' });
  await expect(lane({ signal: AbortSignal.abort() })).rejects.toThrow();
});
