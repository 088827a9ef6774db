import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { MessageOf } from '@gradpool/protocol';
import { runWorker, type LogLevel, type WorkerEnd } from '@gradpool/worker';
import { trainingEngine } from '@gradpool/worker/training-engine';
import { readArguments } from './arguments.ts';
import { openNodeBackend } from './node-backend.ts';
import { nodePlatform } from './node-platform.ts';
import {
  firstPictures,
  leaseKey,
  smallSpec,
  startTestCoordinator,
  token,
  trainLease,
  workerId,
  type TestCoordinator,
} from './test-coordinator.ts';
import { wholeMnist } from './test-data.ts';

/** Real sockets, HTTP, files, tfjs and MNIST; only the coordinator's decisions are the test's. */
let coordinator: TestCoordinator;
let dataDir: string;
let log: string[];
let drain: AbortController;
let running: Promise<WorkerEnd>[];

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'gradpool-worker-'));
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

beforeEach(async () => {
  coordinator = await startTestCoordinator();
  log = [];
  drain = new AbortController();
  running = [];
});

afterEach(async () => {
  drain.abort();
  await Promise.all(running);
  await coordinator.close();
});

function start(...more: string[]): Promise<WorkerEnd> {
  const words = ['--url', coordinator.url, '--token', token, '--name', 'tester', '--data-dir', dataDir, ...more];
  const args = readArguments([...words, '--backend', 'wasm'], '0.1.0');
  const platform = nodePlatform(args, {
    log: (level: LogLevel, message: string) => log.push(`${level} ${message}`),
    openBackend: () => openNodeBackend({ candidates: args.backends }),
  });
  const { name, kind, slots, checkpointMs } = args;
  const limits = { checkpointMs, firstCheckpointMs: 50 };
  const options = { name, kind, slots, limits, platformName: 'node', codeVersion: '0.1.0', drain: drain.signal };
  const end = runWorker(platform, trainingEngine, options);
  running.push(end);
  return end;
}

const longSpec = { ...smallSpec, epochs: 400 };

const dataRequests = (): string[] => coordinator.requests.filter((request) => request.startsWith('GET /data/'));

async function trainOnce(work: Parameters<typeof trainLease>[1] = {}): Promise<MessageOf<'result'>> {
  await coordinator.next('pull');
  coordinator.send(trainLease(1, work));
  return coordinator.next('result');
}

describe('a Node worker', () => {
  test('joins, fetches the whole of MNIST, trains, stores its weights and claims them', async () => {
    coordinator.data = wholeMnist();
    void start();
    const hello = await coordinator.next('hello');
    expect(hello.worker).toMatchObject({ name: 'tester', kind: 'train', backend: 'wasm', slots: 1, identity: null });
    expect(hello.worker.numericClass).toMatch(/^wasm/);
    expect(hello.worker.flopsPerSecond).toBeGreaterThan(1e6);
    const { outcome } = await trainOnce({ dataset: coordinator.data.digest });
    if (outcome.kind !== 'train') throw new Error(outcome.kind);
    expect(dataRequests()).toHaveLength(4);
    expect(outcome.score).toBeGreaterThan(0.02);
    expect(outcome.score).toBeLessThan(0.15);
    expect(outcome.images).toBe(1_024);
    expect(outcome.segments).toMatchObject([{ worker: workerId, fromEpoch: 0, toEpoch: 2 }]);
    expect(coordinator.artifacts.get(outcome.weights.sha256)?.length).toBe(outcome.weights.bytes);
    const points = coordinator.received.flatMap((message) => (message.type === 'progress' ? message.points : []));
    expect(new Set(points.map(({ epoch, name }) => `${epoch} ${name}`))).toEqual(
      new Set(
        [1, 2].flatMap((n) =>
          ['train_mse', 'images_per_second', 'validation_mse', 'overfit_gap'].map((name) => `${n} ${name}`),
        ),
      ),
    );
  });

  test('takes its data from its folder the next time, and fetches a damaged file again', async () => {
    void start();
    const first = await trainOnce();
    expect(dataRequests()).toHaveLength(4);
    coordinator.requests.length = 0;
    drain.abort();
    await Promise.all(running);
    const file = firstPictures.manifest.files.find(({ role }) => role === 'test-labels');
    if (!file) throw new Error('no such file');
    await writeFile(path.join(dataDir, 'cache', 'datasets', file.sha256), 'damaged');
    coordinator.received.length = 0;
    drain = new AbortController();
    void start();
    const second = await trainOnce();
    expect(dataRequests()).toEqual([`GET /data/${file.sha256}`]);
    expect(log.join()).toMatch(/is damaged and is fetched again/);
    const digestOf = ({ outcome }: MessageOf<'result'>) => (outcome.kind === 'train' ? outcome.weights.sha256 : '');
    expect(digestOf(second)).toBe(digestOf(first));
  });

  test('a data file with a wrong digest fails the lease and is not kept', async () => {
    const file = firstPictures.manifest.files.find(({ role }) => role === 'test-labels');
    const kept = path.join(dataDir, 'cache', 'datasets', file?.sha256 ?? '');
    await rm(kept, { force: true });
    void start();
    await coordinator.next('pull');
    coordinator.damageNext = true;
    coordinator.send(trainLease(1));
    const failed = await coordinator.next('failed');
    expect(failed).toMatchObject({ code: 'E_DATA_DIGEST' });
    expect(failed.message).toContain(file?.sha256);
    await expect(stat(kept)).rejects.toThrow('ENOENT');
  });

  test('[I1] keeps its identity in a file that only its owner reads', async () => {
    await rm(path.join(dataDir, 'workers'), { recursive: true, force: true });
    void start('--index', '3');
    await coordinator.next('pull');
    const file = path.join(dataDir, 'workers', 'tester-3.json');
    const identity = { workerId, secret: 'sesame' };
    // Written behind the pull's back.
    while (!(await stat(file).catch(() => null))) await new Promise((resolve) => setImmediate(resolve));
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(identity);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    coordinator.cut();
    coordinator.received.length = 0;
    expect((await coordinator.next('hello')).worker.identity).toEqual(identity);
  });

  test('[L3] [K1] heartbeats go out while it trains, and checkpoints in the background', async () => {
    void start('--checkpoint-seconds', '1');
    await coordinator.next('pull');
    coordinator.send(trainLease(1, { spec: longSpec }));
    const { checkpoint } = await coordinator.next('checkpoint');
    expect(coordinator.artifacts.has(checkpoint.artifact.sha256)).toBe(true);
    coordinator.received.length = 0;
    const beat = await coordinator.next('heartbeat');
    expect(beat.leases).toEqual([leaseKey(1)]);
  });

  test('[D1] a drained worker hands its trial back, and another ends it with the same bits', async () => {
    const spec = { ...smallSpec, epochs: 200 };
    void start();
    await coordinator.next('pull');
    coordinator.send(trainLease(1, { spec }));
    const whole = await coordinator.next('result');
    coordinator.send(trainLease(2, { spec }));
    await coordinator.next('progress', ({ lease, fraction }) => lease.leaseId === leaseKey(2).leaseId && fraction > 0);
    coordinator.send({
      type: 'revoke',
      lease: leaseKey(2),
      code: 'E_SWEEP_PAUSED',
      message: '',
      checkpointFirst: true,
    });
    const release = await coordinator.next('release');
    expect(release.checkpoint).not.toBeNull();
    coordinator.received.length = 0;
    coordinator.send(trainLease(3, { spec, resume: release.checkpoint }));
    const resumed = await coordinator.next('result');
    const [a, b] = [whole.outcome, resumed.outcome];
    if (a.kind !== 'train' || b.kind !== 'train') throw new Error('not trained');
    expect(b.images).toBeLessThan(a.images);
    expect(b.weights.sha256).toBe(a.weights.sha256);
  });

  test('[R2] a result survives a lost connection', async () => {
    coordinator.settles = false;
    void start();
    await coordinator.next('pull');
    coordinator.send(trainLease(1));
    await coordinator.next('result');
    coordinator.received.length = 0;
    coordinator.cut();
    expect((await coordinator.next('hello')).worker.held).toEqual([leaseKey(1)]);
    coordinator.settles = true;
    await coordinator.next('result');
    await coordinator.next('pull');
  });

  test('an evaluator recomputes exactly what the same backend claimed, and baselines beside it', async () => {
    void start('--kind', 'evaluate');
    expect((await coordinator.next('hello')).worker).toMatchObject({ kind: 'evaluate', slots: 2 });
    await coordinator.next('pull');
    coordinator.send(trainLease(1));
    const { outcome } = await coordinator.next('result');
    if (outcome.kind !== 'train') throw new Error('not trained');
    coordinator.received.length = 0;
    const id = workerId as never;
    const spec = smallSpec;
    const verify = {
      kind: 'verify',
      sweepId: id,
      trialId: id,
      spec,
      dataset: firstPictures.digest,
      metric: 'test_mse',
      weights: outcome.weights,
    } as const;
    coordinator.send({ type: 'lease', lease: leaseKey(2), leaseMs: 9_000, work: verify });
    const tasks = [{ baseline: 'identity' as const, latent: null, noise: 0.3 }];
    const baseline = {
      kind: 'baseline',
      sweepId: id,
      dataset: firstPictures.digest,
      datasetName: 'mnist',
      tasks,
    } as const;
    coordinator.send({ type: 'lease', lease: leaseKey(3), leaseMs: 9_000, work: baseline });
    const verified = await coordinator.next('result', (message) => message.outcome.kind === 'verify');
    expect(verified.outcome).toMatchObject({ score: outcome.score, reason: null });
    const judged = await coordinator.next('result', (message) => message.outcome.kind === 'baseline');
    const [value] = judged.outcome.kind === 'baseline' ? judged.outcome.values : [];
    expect(value?.testMse).toBeCloseTo(0.0466, 2);
  });

  test('[R5] wrong-shaped weights are judged as such', async () => {
    void start('--kind', 'evaluate');
    await coordinator.next('pull');
    const sha256 = 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119';
    coordinator.artifacts.set(sha256, new Uint8Array(4));
    const id = workerId as never;
    const spec = smallSpec;
    const weights = { sha256: sha256 as never, bytes: 4 };
    const asked = { spec, dataset: firstPictures.digest, metric: 'test_mse', weights };
    const work = { kind: 'verify', sweepId: id, trialId: id, ...asked } as const;
    coordinator.send({ type: 'lease', lease: leaseKey(1), leaseMs: 9_000, work });
    const { outcome } = await coordinator.next('result');
    expect(outcome).toMatchObject({ kind: 'verify', score: null });
    expect(outcome.kind === 'verify' && outcome.reason).toMatch(/E_WEIGHTS_SHAPE/);
  });

  test('[C3] a wrong token ends it with a clear reason', async () => {
    const end = await start('--token', 'not-the-token');
    expect(end.code).toBe('E_TOKEN');
    expect(end.message).toMatch(/token is missing or wrong/);
  });

  test('[D5] an unreachable coordinator is tried again until it is there', async () => {
    const { port } = new URL(coordinator.url);
    await coordinator.close();
    void start();
    while (!log.some((line) => /E_UNREACHABLE.*ECONNREFUSED.*trying again/.test(line))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    coordinator = await startTestCoordinator(Number(port));
    await coordinator.next('pull');
  });
});
