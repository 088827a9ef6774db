import { describe, expect, test } from '@jest/globals';
import type { ArtifactRef, ClientMessage, Digest } from '@gradpool/protocol';
import { parameterBytes, parametersSha256, sha256Hex } from '@gradpool/tensors';
import { manifestDigest, settle, workplace, type Workplace } from './run-worker-fixture.ts';
import type { WorkerNews } from './news.ts';
import { checkpointAt, leaseKey, leaseMessage, trainWork, workerId } from './session-fixture.ts';
import { WorkError } from './work-error.ts';

const weights = Float32Array.of(1, -2, 0.5);
const train = (overrides: Parameters<typeof trainWork>[0] = {}) =>
  leaseMessage(1, trainWork({ dataset: manifestDigest, ...overrides }));
const ofType = <Type extends ClientMessage['type']>(place: Workplace, type: Type) =>
  place.sent().filter((message): message is Extract<ClientMessage, { type: Type }> => message.type === type);
const stored = (place: Workplace, bytes: Uint8Array): ArtifactRef => {
  const sha256 = sha256Hex(bytes) as Digest;
  place.artifacts.set(sha256, bytes);
  return { sha256, bytes: bytes.length };
};
const pixels = new Uint8Array(4);
const preview = { count: 1, height: 2, width: 2, channels: 1, clean: pixels, noisy: pixels, reconstructed: pixels };
const accept = { type: 'settled', lease: leaseKey(1), accepted: true, code: null, message: null } as const;
const unreachable = () => Promise.reject(new WorkError('E_UNREACHABLE', 'no route', { transient: true }));

async function atWork(lease = train()): Promise<Workplace> {
  const place = workplace();
  await place.join();
  await place.hear(lease);
  return place;
}

describe('training', () => {
  test('[R1] stores the weights, then claims them', async () => {
    const place = await atWork();
    await place.advance(3_000);
    place.training?.finish(weights);
    await settle();
    const artifact = { sha256: parametersSha256(weights), bytes: 12 };
    expect(place.artifacts.get(artifact.sha256)).toEqual(parameterBytes(weights));
    expect(ofType(place, 'result')).toMatchObject([
      {
        lease: leaseKey(1),
        outcome: {
          kind: 'train',
          score: 0.5,
          weights: artifact,
          images: 128,
          durationMs: 3_000,
          segments: [{ worker: workerId, fromEpoch: 0, toEpoch: 12, numericClass: 'fake-1' }],
        },
      },
    ]);
  });

  test('tells what it does to whoever watches', async () => {
    const news: WorkerNews[] = [];
    const place = workplace({ previewMs: 1_000, onNews: (item) => news.push(item) });
    await place.join();
    await place.hear(train());
    const task = place.training?.task;
    expect(task?.previewDue(false)).toBe(true);
    task?.onPreview(preview);
    expect(task?.previewDue(false)).toBe(false);
    expect(task?.previewDue(true)).toBe(true);
    await place.advance(1_000);
    expect(task?.previewDue(false)).toBe(true);
    place.training?.fail(new WorkError('E_SPEC', 'odd'));
    await settle();
    await place.lose();
    expect(news.map(({ type }) => type)).toEqual(['joined', 'began', 'previewed', 'ended', 'lost']);
    expect(news[3]).toMatchObject({ how: 'failed', failure: { code: 'E_SPEC', message: 'odd' } });
  });

  test('the data set is loaded once for many leases', async () => {
    const place = await atWork();
    place.training?.finish(weights);
    await settle();
    await place.hear(accept);
    await place.hear(leaseMessage(2, trainWork({ dataset: manifestDigest })));
    expect(place.training?.task.dataset).toBe('mnist');
    expect(place.calls.filter((call) => call === 'load')).toHaveLength(1);
  });

  test('weights that cannot be stored at once are stored later, and only then claimed', async () => {
    const place = await atWork();
    place.gate = unreachable;
    place.training?.finish(weights);
    await place.advance(60_000);
    expect(ofType(place, 'result')).toEqual([]);
    expect(ofType(place, 'failed')).toEqual([]);
    place.gate = () => Promise.resolve();
    await place.advance(10_000);
    expect(ofType(place, 'result')).toHaveLength(1);
  });

  test('[K3] goes on from a checkpoint', async () => {
    const place = workplace();
    await place.join();
    const artifact = stored(place, new Uint8Array([4, 5, 6]));
    await place.hear(train({ resume: { epoch: 7, artifact, numericClass: 'other' } }));
    expect(place.training?.task.resume).toEqual(new Uint8Array([4, 5, 6]));
    place.training?.finish(weights);
    await settle();
    expect(ofType(place, 'result')[0]?.outcome).toMatchObject({ segments: [{ fromEpoch: 7, toEpoch: 12 }] });
  });

  test('[K3] trains from the start where the checkpoint is gone', async () => {
    const place = await atWork(train({ resume: checkpointAt(7) }));
    expect(place.training?.task.resume).toBeNull();
    expect(place.log.join()).toMatch(/training from the start: E_ARTIFACT_MISSING/);
    place.training?.finish(weights);
    await settle();
    expect(ofType(place, 'result')[0]?.outcome).toMatchObject({ segments: [{ fromEpoch: 0, toEpoch: 12 }] });
  });

  test('[K3] trains from the start where the checkpoint cannot be read', async () => {
    const place = workplace();
    await place.join();
    const artifact = stored(place, new Uint8Array([4, 5, 6]));
    await place.hear(train({ resume: { epoch: 7, artifact, numericClass: 'fake-1' } }));
    place.training?.fail(Object.assign(new Error('bad magic'), { code: 'E_CHECKPOINT_INVALID' }));
    await settle();
    expect(place.training?.task.resume).toBeNull();
    place.training?.finish(weights);
    await settle();
    expect(ofType(place, 'result')[0]?.outcome).toMatchObject({ segments: [{ fromEpoch: 0 }] });
  });
});

describe('checkpoints', () => {
  test('[K1] [K2] the first after 4 s, then every 10 s, each said when it is stored', async () => {
    const place = await atWork();
    const task = place.training?.task;
    const at: number[] = [];
    for (let second = 1; second <= 40; second += 1) {
      await place.advance(1_000);
      if (!task?.checkpointDue()) continue;
      at.push(second);
      task.onCheckpoint({ epoch: second, bytes: new Uint8Array([second]) });
      await settle();
    }
    expect(at).toEqual([4, 14, 24, 34]);
    expect(ofType(place, 'checkpoint').map(({ checkpoint }) => checkpoint.epoch)).toEqual(at);
    expect(place.artifacts.size).toBe(4);
  });

  test('[K2] sending takes at most a tenth of the time, one at a time', async () => {
    const place = await atWork();
    const task = place.training?.task;
    place.gate = () => new Promise((resolve) => (release = resolve));
    let release: () => void = () => undefined;
    await place.advance(4_000);
    task?.onCheckpoint({ epoch: 1, bytes: new Uint8Array([1]) });
    await place.advance(6_000);
    expect(task?.checkpointDue()).toBe(false);
    release();
    await settle();
    await place.advance(53_000);
    expect(task?.checkpointDue()).toBe(false);
    await place.advance(1_000);
    expect(task?.checkpointDue()).toBe(true);
  });

  test('one that cannot be stored is logged and does no harm', async () => {
    const place = await atWork();
    place.gate = unreachable;
    place.training?.task.onCheckpoint({ epoch: 1, bytes: new Uint8Array([1]) });
    await place.advance(3_000);
    expect(place.log.join()).toMatch(/checkpoint not stored: no route/);
    place.gate = () => Promise.resolve();
    place.training?.finish(weights);
    await settle();
    expect(ofType(place, 'checkpoint')).toEqual([]);
    expect(ofType(place, 'result')).toHaveLength(1);
  });
});

describe('stopping', () => {
  const revoke = (checkpointFirst: boolean) =>
    ({ type: 'revoke', lease: leaseKey(1), code: 'E_SWEEP_PAUSED', message: '', checkpointFirst }) as const;

  test('[S1] a pause stores a checkpoint and releases', async () => {
    const place = await atWork();
    await place.hear(revoke(true));
    const artifact = { sha256: sha256Hex(new Uint8Array([1, 2, 3])), bytes: 3 };
    expect(ofType(place, 'release')).toMatchObject([
      { reason: 'E_SWEEP_PAUSED', checkpoint: { epoch: 1, artifact, numericClass: 'fake-1' } },
    ]);
    expect(place.artifacts.has(artifact.sha256)).toBe(true);
  });

  test('[R7] a stop that the work asks for stores a checkpoint and releases with the validation error there', async () => {
    const place = await atWork(train({ stopAfter: 3 }));
    const { task } = place.training!;
    expect(task.stopAfter).toBe(3);
    task.onEpoch([{ epoch: 2, name: 'validation_mse', value: 0.3 }]);
    task.onEpoch([{ epoch: 3, name: 'validation_mse', value: 0.2 }]);
    place.training!.fail(Object.assign(new Error('stopped'), { checkpoint: { epoch: 3, bytes: new Uint8Array([9]) } }));
    await settle();
    expect(ofType(place, 'release')).toMatchObject([
      { reason: 'stopped after epoch 3, as asked', checkpoint: { epoch: 3 }, rung: { epoch: 3, validation: 0.2 } },
    ]);
  });

  test('[R7] the figure is the like of the work’s metric', async () => {
    const place = await atWork(train({ stopAfter: 3, metric: 'test_accuracy' }));
    const at = { epoch: 3, name: 'validation_mse', value: 0.2 };
    place.training!.task.onEpoch([at, { ...at, name: 'validation_accuracy', value: 0.9 }]);
    place.training!.fail(Object.assign(new Error('stopped'), { checkpoint: { epoch: 3, bytes: new Uint8Array([9]) } }));
    await settle();
    expect(ofType(place, 'release')).toMatchObject([{ rung: { epoch: 3, validation: 0.9 } }]);
  });

  test('[S1] a drop stores nothing and asks for new work', async () => {
    const place = await atWork();
    await place.hear(revoke(false));
    expect(place.artifacts.size).toBe(0);
    expect(place.sent().map(({ type }) => type)).toEqual(['hello', 'pull', 'pull']);
  });

  test('[D1] [D3] a drain hands back and ends with bye', async () => {
    const place = await atWork();
    place.drain.abort();
    await settle();
    expect(ofType(place, 'release')).toMatchObject([{ checkpoint: { epoch: 1 } }]);
    await place.hear(accept);
    expect(place.sent().at(-1)).toEqual({ type: 'bye', reason: 'drained' });
    expect(place.connections.at(-1)?.closed).toBe(1000);
    await expect(place.end).resolves.toMatchObject({ code: null });
  });

  test('[D2] a drain without a coordinator ends all the same', async () => {
    const place = await atWork();
    await place.lose();
    place.gate = unreachable;
    place.drain.abort();
    await place.advance(5_000);
    await expect(place.end).resolves.toMatchObject({ code: null });
  });
});

describe('judging', () => {
  const judged = (kind: 'verify' | 'embed', weights: ArtifactRef) => {
    const { sweepId } = trainWork();
    const spec = { latent: 2, seed: 0 };
    const work = { sweepId, trialId: sweepId as never, spec, dataset: manifestDigest, weights };
    return leaseMessage(1, kind === 'verify' ? { ...work, kind, metric: 'test_mse' } : { ...work, kind });
  };
  const verify = (artifact: ArtifactRef) => judged('verify', artifact);
  const embed = (artifact: ArtifactRef) => judged('embed', artifact);

  test('weights are fetched, checked and evaluated', async () => {
    const place = workplace({ kind: 'evaluate' });
    await place.join();
    let seen: Float32Array | null = null;
    place.evaluate = (task) => {
      seen = task.weights;
      return Promise.resolve({ measures: { test_mse: 0.125, test_psnr: 9 }, details: Uint8Array.of(123, 125) });
    };
    await place.hear(verify(stored(place, parameterBytes(weights))));
    expect(seen).toEqual(weights);
    expect(ofType(place, 'result')[0]?.outcome).toMatchObject({
      ...{ kind: 'verify', score: 0.125, measures: { test_mse: 0.125, test_psnr: 9 } },
      ...{ details: { bytes: 2 }, reason: null },
    });
  });

  test.each([
    ['missing', null, 'E_ARTIFACT_MISSING'],
    ['not whole floats', new Uint8Array([1, 2, 3]), 'E_WEIGHTS_SHAPE'],
  ])('[R5] weights that are %s are judged as such', async (_what, bytes, code) => {
    const place = workplace({ kind: 'evaluate' });
    await place.join();
    await place.hear(verify(bytes ? stored(place, bytes) : { sha256: '0'.repeat(64) as Digest, bytes: 4 }));
    const [result] = ofType(place, 'result');
    expect(result?.outcome).toMatchObject({ kind: 'verify', score: null });
    expect(result?.outcome.kind === 'verify' && result.outcome.reason).toMatch(code);
  });

  test('[R5] other bytes than named are judged as such', async () => {
    const place = workplace({ kind: 'evaluate' });
    await place.join();
    const artifact = stored(place, parameterBytes(weights));
    place.artifacts.set(artifact.sha256, new Uint8Array(12));
    await place.hear(verify(artifact));
    expect(ofType(place, 'result')[0]?.outcome).toMatchObject({ score: null });
  });

  test('[R5] what the evaluator finds wrong with weights is a result, any other trouble a failure', async () => {
    const place = workplace({ kind: 'evaluate' });
    await place.join();
    const artifact = stored(place, parameterBytes(weights));
    place.evaluate = () => Promise.reject(Object.assign(new Error('NaN'), { code: 'E_WEIGHTS_NOT_FINITE' }));
    await place.hear(verify(artifact));
    expect(ofType(place, 'result')).toHaveLength(1);
    await place.hear(accept);
    place.evaluate = () => Promise.reject(new Error('odd'));
    await place.hear({ ...verify(artifact), lease: leaseKey(2) });
    expect(ofType(place, 'failed')).toMatchObject([{ lease: leaseKey(2), code: 'E_WORK', message: 'odd' }]);
  });

  test('baselines are computed and returned', async () => {
    const place = workplace({ kind: 'evaluate' });
    await place.join();
    const tasks = [{ baseline: 'pca', latent: 8, noise: 0 } as const];
    const { sweepId } = trainWork();
    const work = { kind: 'baseline', sweepId, dataset: manifestDigest, datasetName: 'mnist', tasks } as const;
    await place.hear(leaseMessage(1, { ...work, tasks: [...tasks] }));
    expect(ofType(place, 'result')[0]?.outcome).toMatchObject({
      kind: 'baseline',
      values: [{ baseline: 'pca', latent: 8, noise: 0, testMse: 0.1 }],
    });
  });

  test('[V3] what a pooled trial is after an epoch is told as its trainer would tell it, ahead of the result', async () => {
    const place = workplace({ kind: 'evaluate' });
    await place.join();
    const { sweepId } = trainWork();
    const parameters = stored(place, parameterBytes(weights));
    const of = { sweepId, trialId: sweepId as never, spec: { latent: 2, seed: 0 }, dataset: manifestDigest };
    await place.hear(leaseMessage(1, { kind: 'validate', ...of, epoch: 3, parameters }));
    const told = place.sent().filter((message) => {
      if (message.type === 'progress') return message.points.length > 0;
      return message.type === 'pictures' || message.type === 'result';
    });
    expect(told).toMatchObject([
      {
        points: [
          { epoch: 3, name: 'validation_mse', value: weights.length },
          { epoch: 3, name: 'overfit_gap', value: 3 },
        ],
      },
      { type: 'pictures', epoch: 3, bytes: parameterBytes(weights) },
      { type: 'result', outcome: { kind: 'validate', validationMse: weights.length } },
    ]);
  });

  test('[E1] a map of codes is stored before the result that names it', async () => {
    const place = workplace({ kind: 'evaluate' });
    await place.join();
    await place.hear(embed(stored(place, parameterBytes(weights))));
    const [result] = ofType(place, 'result');
    expect(result?.outcome).toMatchObject({ kind: 'embed', points: weights.length });
    const map = result?.outcome.kind === 'embed' ? result.outcome.map : null;
    expect(map && place.artifacts.get(map.sha256)).toHaveLength(map?.bytes ?? -1);
  });

  test('[E1] weights that are gone are a failure: they were verified before', async () => {
    const place = workplace({ kind: 'evaluate' });
    await place.join();
    await place.hear(embed({ sha256: '0'.repeat(64) as Digest, bytes: 4 }));
    expect(ofType(place, 'failed')).toMatchObject([{ code: 'E_ARTIFACT_MISSING' }]);
  });
});

describe('[R4] failures', () => {
  test.each([
    [Object.assign(new Error('the loss is NaN'), { code: 'E_NAN_LOSS' }), 'E_NAN_LOSS'],
    [new RangeError('Array buffer allocation failed'), 'E_OUT_OF_MEMORY'],
    [Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'E_WORK'],
    ['thrown text', 'E_WORK'],
  ])('%s is %s', async (thrown, code) => {
    const place = await atWork();
    place.training?.fail(thrown);
    await settle();
    expect(ofType(place, 'failed')).toMatchObject([{ lease: leaseKey(1), code }]);
  });

  test('a spec that is none', async () => {
    const place = await atWork(train({ spec: { latent: -1, seed: 0 } }));
    expect(ofType(place, 'failed')[0]).toMatchObject({ code: 'E_SPEC' });
    expect(ofType(place, 'failed')[0]?.message).toMatch(/latent/);
  });

  test('a manifest of another data set, which is asked for again the next time', async () => {
    const place = workplace();
    await place.join();
    place.manifest = { name: 'other' };
    await place.hear(train());
    expect(ofType(place, 'failed')[0]).toMatchObject({ code: 'E_DATA_DIGEST' });
    const { manifest } = workplace();
    place.manifest = manifest;
    await place.hear({ ...train(), lease: leaseKey(2) });
    expect(place.training?.task.dataset).toBe('mnist');
  });

  test('a backend without memory ends the worker after two leases', async () => {
    const place = workplace();
    await place.join();
    for (const n of [1, 2]) {
      await place.hear({ ...train(), lease: leaseKey(n) });
      place.training?.fail(new Error('Aborted(OOM)'));
      await settle();
    }
    await expect(place.end).resolves.toMatchObject({ code: 'E_BACKEND' });
    expect(ofType(place, 'failed')).toHaveLength(2);
  });
});

describe('connections', () => {
  test('what an abandoned connection still says is not heard', async () => {
    const place = workplace();
    await settle();
    const [first] = place.connections;
    first?.handlers.opened();
    await place.advance(11_000);
    expect(place.connections).toHaveLength(2);
    first?.handlers.closed(4401, 'E_TOKEN');
    await place.join();
    expect(ofType(place, 'pull')).toHaveLength(1);
  });

  test('a refused token ends it with a clear reason', async () => {
    const place = workplace();
    await settle();
    place.connections[0]?.handlers.closed(4401, 'E_TOKEN');
    const { code, message } = await place.end;
    expect(code).toBe('E_TOKEN');
    expect(message).toMatch(/token is missing or wrong/);
  });

  test('bytes that are no message are logged and ignored', async () => {
    const place = await atWork();
    place.connections[0]?.handlers.received(new Uint8Array([0xc1]));
    expect(place.log.join()).toMatch(/E_FRAME_MALFORMED/);
    await place.advance(2_000);
    expect(ofType(place, 'heartbeat')).toHaveLength(1);
  });

  test('[D5] work goes on over a lost connection and its result arrives', async () => {
    const place = await atWork();
    await place.lose();
    place.training?.finish(weights);
    await settle();
    await place.advance(500);
    await place.join();
    expect(place.sent().map(({ type }) => type)).toEqual(['hello', 'result', 'pull']);
  });
});
