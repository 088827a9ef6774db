import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { TrainTask } from './engine.ts';
import {
  anySpec,
  fakeBackend,
  fakeThreads,
  settle,
  sharedDataset,
  type FakeThreads,
} from './engine-threads-fixture.ts';
import type { SharedDataset } from './engine-messages.ts';
import type { EngineThreads } from './engine-threads.ts';
import { threadedEngine } from './threaded-engine.ts';

let fake: FakeThreads;
beforeEach(() => {
  fake = fakeThreads();
});

const trained = (images: number) => ({
  weights: Float32Array.of(1, 2),
  score: 0.1,
  measures: {},
  validationMse: null,
  epochs: 1,
  images,
});

function taskOf(changes: Partial<TrainTask<SharedDataset>> = {}): TrainTask<SharedDataset> {
  return {
    spec: anySpec,
    metric: 'test_mse',
    dataset: sharedDataset,
    resume: null,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onEpoch: () => undefined,
    onPictures: () => undefined,
    checkpointDue: () => false,
    onCheckpoint: () => undefined,
    previewDue: () => false,
    onPreview: () => undefined,
    yieldToLoop: () => Promise.resolve(),
    ...changes,
  };
}

/** A training in the threads, begun; its end is kept as a value so that a failure is not an unheard rejection. */
async function train(threads: EngineThreads, changes: Partial<TrainTask<SharedDataset>> = {}) {
  const end = threadedEngine(threads, (bytes) => bytes)
    .trainTrial(taskOf(changes))
    .then(
      (value) => ({ images: value.images }),
      (error: unknown) => ({ error: error as { code: string; message: string; checkpoint: unknown } }),
    );
  await settle();
  return { end };
}

describe('opening', () => {
  test('the first thread measures, the others open what it chose', async () => {
    const threads = await fake.open({ engines: 3 });
    expect(threads.slots).toBe(3);
    expect(threads.backend).toEqual(fakeBackend);
    const [first, second, third] = fake.threads.map(({ wishes }) => wishes);
    expect(first).toEqual([{ candidates: ['wasm', 'cpu'] }]);
    const known = { name: 'wasm', imagesPerSecond: 100, flopsPerSecond: 1e9 };
    expect(second).toEqual([{ candidates: ['wasm'], remembered: known }]);
    expect(third).toEqual(second);
  });

  test('where the first does not open, nothing does, and its reason is kept', async () => {
    fake.backend = () => Object.assign(new Error('no WebAssembly'), { code: 'E_BACKEND_NONE' });
    await expect(fake.open()).rejects.toMatchObject({ code: 'E_BACKEND_NONE', message: 'no WebAssembly' });
    expect(fake.threads.map(({ ended }) => ended)).toEqual([true]);
  });

  test('a thread that does not come up, or computes other bits, is left out', async () => {
    fake.backend = (number) =>
      [fakeBackend, new Error('no memory left'), { ...fakeBackend, numericClass: 'other' }][number] ?? fakeBackend;
    const threads = await fake.open({ engines: 4 });
    expect(threads.slots).toBe(2);
    expect(fake.threads.map(({ ended }) => ended)).toEqual([false, true, true, false]);
    expect(fake.log.join('\n')).toMatch(/no memory left[^]*computes as other/);
  });

  test.each(['webgpu', 'webgl', 'tensorflow'])('%s gets one thread', async (name) => {
    fake.backend = () => ({ ...fakeBackend, name });
    expect((await fake.open({ engines: 4 })).slots).toBe(1);
    expect(fake.threads).toHaveLength(1);
  });
});

describe('calls', () => {
  test('run side by side; one too many waits for the first free thread', async () => {
    const threads = await fake.open();
    const trainings = [await train(threads), await train(threads), await train(threads)];
    const [a, b] = fake.threads;
    expect([a?.trainings.length, b?.trainings.length]).toEqual([1, 1]);
    b?.trainings[0]?.finish(trained(20));
    expect(await trainings[1]?.end).toEqual({ images: 20 });
    await settle();
    expect(b?.trainings).toHaveLength(2);
    b?.trainings[1]?.finish(trained(30));
    a?.trainings[0]?.finish(trained(10));
    expect(await trainings[0]?.end).toEqual({ images: 10 });
    expect(await trainings[2]?.end).toEqual({ images: 30 });
  });

  test('with two jobs a thread, each thread has one before any has two', async () => {
    const threads = await fake.open({ jobsPerEngine: 2 });
    expect(threads.slots).toBe(4);
    for (let i = 0; i < 3; i += 1) await train(threads);
    expect(fake.threads.map(({ trainings }) => trainings.length)).toEqual([2, 1]);
  });

  test('verifications, embeddings, validations, micro-batches and baselines come back to who asked', async () => {
    const engine = threadedEngine(await fake.open(), (bytes) => bytes);
    const surroundings = { dataset: sharedDataset, signal: new AbortController().signal, yieldToLoop: settle };
    const weights = new Float32Array(7);
    const tasks = [{ baseline: 'pca' as const, latent: 2, noise: 0 }];
    expect(await engine.evaluateWeights({ ...surroundings, spec: anySpec, weights })).toEqual({
      measures: { test_mse: 7 },
      details: null,
    });
    const embedded = await engine.embedWeights({ ...surroundings, spec: anySpec, weights });
    expect(embedded).toMatchObject({ map: new Uint8Array(4), points: 7 });
    const validated = await engine.validateWeights({ ...surroundings, spec: anySpec, weights, epoch: 3 });
    expect(validated).toEqual({ validationMse: 7, overfitGap: 3, pictures: new Uint8Array(2) });
    const micro = { spec: anySpec, parameters: Float32Array.of(3), round: 5, from: 2, to: 6 };
    const sum = Uint8Array.of(3);
    expect(await engine.computeMicroBatches({ ...surroundings, ...micro })).toEqual({ sum, loss: 0.5, images: 4 });
    expect(await engine.computeBaselines({ ...surroundings, tasks })).toEqual([{ ...tasks[0], testMse: 0.5 }]);
  });

  test('a data set is read once for all and once by each thread', async () => {
    const threads = await fake.open();
    const engine = threadedEngine(threads, (bytes) => bytes);
    const read = jest.fn(() => Promise.resolve(new Uint8Array(3)));
    const dataset = await engine.loadDataset(sharedDataset.manifest, read);
    expect(read).toHaveBeenCalledTimes(4);
    for (let i = 0; i < 2; i += 1) {
      const running = [await train(threads, { dataset }), await train(threads, { dataset })];
      for (const { trainings } of fake.threads) trainings.at(-1)?.finish(trained(i));
      await Promise.all(running.map(({ end }) => end));
    }
    expect(read).toHaveBeenCalledTimes(4);
    expect(fake.threads.map(({ loads }) => loads)).toEqual([['mnist, 4 files'], ['mnist, 4 files']]);
  });

  test('a checkpoint is asked for once while it is due, and a preview likewise', async () => {
    const threads = await fake.open({ engines: 1 });
    const onCheckpoint = jest.fn();
    const onPreview = jest.fn();
    await train(threads, { checkpointDue: () => true, onCheckpoint, previewDue: () => true, onPreview });
    const task = fake.threads[0]?.trainings[0]?.task;
    if (!task) throw new Error('no training');
    const position = { epoch: 0, epochs: 1, fraction: 0.5, loss: 0.1, imagesPerSecond: 9 };
    expect([task.checkpointDue(), task.previewDue(false), task.previewDue(true)]).toEqual([false, false, true]);
    task.onProgress(position);
    task.onProgress(position);
    await settle();
    expect([task.checkpointDue(), task.checkpointDue()]).toEqual([true, false]);
    expect([task.previewDue(false), task.previewDue(false)]).toEqual([true, false]);
    // A view of a large heap travels alone.
    task.onCheckpoint({ epoch: 0, bytes: new Uint8Array(new ArrayBuffer(1_000), 10, 3) });
    await settle();
    const [checkpoint] = onCheckpoint.mock.calls[0] as [{ bytes: Uint8Array }];
    expect([checkpoint.bytes.length, checkpoint.bytes.buffer.byteLength]).toEqual([3, 3]);
    task.onProgress(position);
    await settle();
    expect([task.checkpointDue(), task.previewDue(false)]).toEqual([true, false]);
  });

  test('a stopped training brings its checkpoint along; one that waits stops at once', async () => {
    const threads = await fake.open({ engines: 1 });
    const stop = new AbortController();
    const [running, waiting] = [
      await train(threads, { signal: stop.signal }),
      await train(threads, { signal: stop.signal }),
    ];
    const training = fake.threads[0]?.trainings[0];
    training?.task.signal.addEventListener('abort', () => {
      training.fail(Object.assign(new Error('interrupted'), { checkpoint: { epoch: 3, bytes: Uint8Array.of(1) } }));
    });
    stop.abort();
    expect(await running.end).toMatchObject({ error: { checkpoint: { epoch: 3, bytes: Uint8Array.of(1) } } });
    expect(await waiting.end).toMatchObject({ error: { checkpoint: null } });
    expect(fake.threads[0]?.trainings).toHaveLength(1);
  });

  test('the power of each thread is the same, also of one that is started later', async () => {
    const threads = await fake.open();
    threads.setPower(0.5);
    fake.threads[0]?.die('crash');
    await fake.advance(250);
    expect(fake.threads.map(({ powers }) => powers.at(-1))).toEqual([0.5, 0.5, 0.5]);
  });
});

describe('a thread that dies', () => {
  test('fails its own call only, and a fresh one with the same backend takes its place', async () => {
    const threads = await fake.open();
    const [lost, other] = [await train(threads), await train(threads)];
    fake.threads[0]?.die('heap exhausted');
    expect(await lost.end).toMatchObject({ error: { code: 'E_BACKEND', message: 'heap exhausted' } });
    const next = await train(threads);
    expect(fake.threads).toHaveLength(2);
    await fake.advance(250);
    expect(fake.threads[2]?.wishes).toMatchObject([{ candidates: ['wasm'], remembered: { name: 'wasm' } }]);
    fake.threads[2]?.trainings[0]?.finish(trained(3));
    expect(await next.end).toEqual({ images: 3 });
    fake.threads[1]?.trainings[0]?.finish(trained(2));
    expect(await other.end).toEqual({ images: 2 });
  });

  test('is replaced also where it only says that its memory is full', async () => {
    const threads = await fake.open({ engines: 1 });
    const full = await train(threads);
    fake.threads[0]?.trainings[0]?.fail(Object.assign(new Error('full'), { code: 'E_OUT_OF_MEMORY' }));
    expect(await full.end).toMatchObject({ error: { code: 'E_OUT_OF_MEMORY' } });
    expect(fake.threads[0]?.ended).toBe(true);
    await fake.advance(250);
    expect(fake.threads).toHaveLength(2);
  });

  test('a failure that says nothing about the thread leaves it as it is', async () => {
    const threads = await fake.open({ engines: 1 });
    const failed = await train(threads);
    fake.threads[0]?.trainings[0]?.fail(Object.assign(new Error('NaN'), { code: 'E_NAN_LOSS' }));
    expect(await failed.end).toMatchObject({ error: { code: 'E_NAN_LOSS', message: 'NaN' } });
    await train(threads);
    expect(fake.threads[0]?.trainings).toHaveLength(2);
  });

  test('one that cannot start again is tried ever more seldom, and each time the oldest waiting call goes back', async () => {
    const threads = await fake.open({ engines: 1 });
    fake.backend = () => new Error('still no memory');
    fake.threads[0]?.die('crash');
    const [first, second] = [await train(threads), await train(threads)];
    await fake.advance(250);
    expect(await first.end).toMatchObject({ error: { message: 'still no memory' } });
    await fake.advance(250);
    expect(fake.threads).toHaveLength(2);
    fake.backend = () => fakeBackend;
    await fake.advance(250);
    fake.threads[2]?.trainings[0]?.finish(trained(1));
    expect(await second.end).toEqual({ images: 1 });
  });

  test('one that does not heed a stop is ended, and its slot is free again', async () => {
    const threads = await fake.open({ engines: 1 });
    const stop = new AbortController();
    const hung = await train(threads, { signal: stop.signal });
    stop.abort();
    await fake.advance(59_999);
    expect(fake.threads[0]?.ended).toBe(false);
    await fake.advance(1);
    const message = 'a stopped training went on for 60 s';
    expect(await hung.end).toMatchObject({ error: { code: 'E_BACKEND', message } });
    await fake.advance(250);
    await train(threads);
    expect(fake.threads[1]?.trainings).toHaveLength(1);
  });

  test('a fresh thread that computes other bits than the one before is not used', async () => {
    const threads = await fake.open({ engines: 1 });
    fake.backend = () => ({ ...fakeBackend, numericClass: 'other' });
    fake.threads[0]?.die('crash');
    await fake.advance(250);
    await train(threads);
    expect(fake.threads[1]?.ended).toBe(true);
    expect(fake.threads[1]?.trainings).toEqual([]);
  });

  test('closing ends the threads and all calls, and starts none again', async () => {
    const threads = await fake.open({ engines: 1 });
    const [running, waiting] = [await train(threads), await train(threads)];
    threads.close();
    expect(await running.end).toMatchObject({ error: { code: 'E_BACKEND' } });
    expect(await waiting.end).toMatchObject({ error: { code: 'E_WORK' } });
    await fake.advance(60_000);
    expect(fake.threads.map(({ ended }) => ended)).toEqual([true]);
  });
});
