import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeCodes, wireLimits, type LeaseKey } from '@gradpool/protocol';
import { coordinatorLimits, type CoordinatorLimits } from '../limits.ts';
import { postJson, submit } from '../testing/sweeps.ts';
import { joinAs, type TestClient } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { until } from '../testing/until.ts';
import {
  answer,
  helpHonestly,
  honestSum,
  type Lease,
  pooledSweep,
  pull,
  refusals,
  sizeOf,
  sumOf,
  trainedWeights,
  unit,
} from './pooled-fixture.ts';

/*
 * Each fault is one client that misbehaves on a real socket, beside an honest one: the run goes on, it ends with the bits of a run that
 * nobody disturbed, and the refusal is told to the one who misbehaved and counted.
 */
afterEach(stopTestCoordinators);

const sweepOf = ({ rounds, hidden = [1] }: { rounds: number; hidden?: number[] }): object => {
  const { parameters } = pooledSweep;
  const changed = { train_images: { value: 64 * rounds }, epochs: { value: 1 }, hidden: { value: hidden } };
  return { ...pooledSweep, parameters: { ...parameters, ...changed } };
};
const [short, long] = [sweepOf({ rounds: 12 }), sweepOf({ rounds: 40 })];

interface Disturbed {
  readonly room: TestCoordinator;
  /** The one that misbehaves. */
  readonly client: TestClient;
  /** Which it got before anybody else had one. */
  readonly lease: Lease;
  readonly time: { ahead: number };
}

interface Setting {
  readonly limits?: Partial<CoordinatorLimits>;
  readonly flops?: number;
  /** What a lease takes the honest worker until the fault is done: it gets what others are slower at. */
  readonly honestMs?: number;
}

/** A run that one honest worker trains, and another does to it whatever `fault` says. Returns the digest of the weights. */
async function disturbed(
  fault: (parts: Disturbed) => Promise<void>,
  spec: object = short,
  { limits = {}, flops = 1e9, honestMs = 0 }: Setting = {},
): Promise<string> {
  const time = { ahead: 0 };
  const room = await testCoordinator({ limits, clock: () => Math.round(performance.now()) + time.ahead });
  await submit(room, spec);
  const endpoint = { url: room.url, token: room.tokens.join };
  const { client } = await joinAs(endpoint, { flopsPerSecond: flops });
  const { client: honest } = await joinAs(endpoint);
  const lease = await pull(client);
  let workMs = honestMs;
  const helping = helpHonestly(room, honest, () => workMs).catch((error: unknown) => error);
  await fault({ room, client, lease, time });
  workMs = 0;
  const weights = await trainedWeights(room);
  honest.close();
  expect(String(await helping)).toMatch(/closed/);
  expect(room.faults).toEqual([]);
  return weights;
}

/** For a client that has to get several leases. */
const asked = [long, { honestMs: 100 }] as const;

const known = new Map<object, Promise<string>>();

/** What one honest worker makes of it. */
function undisturbed(spec: object): Promise<string> {
  const weights = known.get(spec) ?? disturbed(({ client }) => Promise.resolve(client.close()), spec);
  known.set(spec, weights);
  return weights;
}

/** An answer that the coordinator looks into and refuses: an error of the worker's, which it is told. */
async function expectScreened(
  { room, client, lease }: Disturbed,
  sum: Float64Array,
  code: string,
  times = 1,
): Promise<void> {
  await answer(room, client, lease, sum);
  expect(await client.next('error')).toMatchObject({ code });
  expect(await client.next('settled')).toMatchObject({ lease: lease.lease });
  expect(await refusals(room, code)).toBe(times);
}

/** An answer that the core refuses: it does not belong to the lease, or the lease is over. */
async function expectRefused({ room, client }: Disturbed, code: string, times = 1): Promise<void> {
  expect(await client.next('settled')).toMatchObject({ accepted: false, code });
  expect(await refusals(room, code)).toBe(times);
}

describe('[P7] a pooled run goes on, to the same weights, beside a worker that', () => {
  test('answers with NaN, an infinity, a value too few, another vector, for another round, and twice', async () => {
    const wrong = [
      { sum: (lease: Lease) => honestSum(lease).fill(NaN, 3, 4), code: 'E_GRADIENT_RANGE', times: 1 },
      { sum: (lease: Lease) => honestSum(lease).fill(Infinity, 3, 4), code: 'E_GRADIENT_RANGE', times: 2 },
      { sum: (lease: Lease) => honestSum(lease).subarray(1), code: 'E_WEIGHTS_SHAPE', times: 1 },
      { sum: () => new Float64Array(8), code: 'E_WEIGHTS_SHAPE', times: 2 },
    ];
    const weights = await disturbed(
      async (parts) => {
        const { room, client } = parts;
        let { lease } = parts;
        for (const [i, { sum, code, times }] of wrong.entries()) {
          await expectScreened({ ...parts, lease }, sum(lease), code, times);
          lease = await pull(client);
          await answer(room, client, lease, honestSum(lease), lease.work.round + 1);
          await expectRefused(parts, 'E_OUTCOME_KIND', i + 1);
          await answer(room, client, lease, honestSum(lease));
          expect(await client.next('settled')).toMatchObject({ accepted: true });
          await answer(room, client, lease, honestSum(lease));
          await expectRefused(parts, 'E_LEASE_UNKNOWN', i + 1);
          lease = await pull(client);
        }
      },
      ...asked,
    );
    expect(weights).toBe(await undisturbed(long));
  });

  test('sleeps, heart beating, and answers when others have done its work', async () => {
    const weights = await disturbed(async (parts) => {
      const { room, client, lease } = parts;
      client.send({ type: 'heartbeat', leases: [lease.lease] });
      expect(await client.next('revoke')).toMatchObject({ lease: lease.lease, code: 'E_COPY_FINISHED' });
      await trainedWeights(room);
      await answer(room, client, lease, honestSum(lease));
      await expectRefused(parts, 'E_COPY_FINISHED');
    });
    expect(weights).toBe(await undisturbed(short));
  });

  test('is silent until its lease is over, and answers then', async () => {
    const weights = await disturbed(async (parts) => {
      const { room, client, lease, time } = parts;
      time.ahead = 60_000;
      await until(() => !room.room.state.leases.has(lease.lease.leaseId));
      await answer(room, client, lease, honestSum(lease));
      expect(await client.next('settled')).toMatchObject({ accepted: false, code: 'E_LEASE_EXPIRED' });
      expect(await refusals(room, 'E_LEASE_EXPIRED')).toBeGreaterThanOrEqual(1);
    });
    expect(weights).toBe(await undisturbed(short));
  });

  test('sends a gradient a hundred times too large', async () => {
    const weights = await disturbed(
      async (parts) => {
        const { room, client } = parts;
        let next = parts.lease;
        while (next.work.round <= coordinatorLimits.pooledNormSamplesMin) {
          await answer(room, client, next, honestSum(next));
          await client.next('settled');
          next = await pull(client);
        }
        await expectScreened({ ...parts, lease: next }, sumOf(next, 600 * unit), 'E_GRADIENT_NORM');
      },
      ...asked,
    );
    expect(weights).toBe(await undisturbed(long));
  });

  test('breaks off in the middle of its sum', async () => {
    const weights = await disturbed(async ({ room, client, lease }) => {
      await breakOffUpload(room, 8 * sizeOf(lease));
      client.socket.terminate();
    });
    expect(weights).toBe(await undisturbed(short));
  });

  test('has a tenth of the speed, and what it computes counts', async () => {
    const weights = await disturbed(
      async ({ room, client, lease }) => {
        const helped = helpSlowly(room, client, lease);
        await trainedWeights(room);
        client.close();
        const counted = await helped;
        expect(counted).toBeGreaterThan(0);
      },
      short,
      { flops: 1e8 },
    );
    expect(weights).toBe(await undisturbed(short));
  });

  test('stops reading: what waits for it is bounded, and it is closed with a code', async () => {
    const limits = { outgoingBytesMax: 1_048_576, framesPerSecondMax: 1e9, framesBurstMax: 1e9, closeGraceMs: 60_000 };
    const weights = await disturbed(
      async ({ room, client }) => {
        client.socket.removeAllListeners('message');
        client.socket.pause();
        const waited = await floodWithAnswers(room, client);
        expect(waited).toBeGreaterThan(limits.outgoingBytesMax);
        expect(waited).toBeLessThan(1.1 * limits.outgoingBytesMax);
        client.socket.resume();
        expect(await client.closed).toBe(closeCodes.slow);
        expect(await figure(room, 'gradpool_waiting_bytes')).toBe(0);
      },
      short,
      { limits },
    );
    expect(weights).toBe(await undisturbed(short));
  });
});

describe('[P7] a model beyond a frame', () => {
  test('is trained all the same, to the same weights', async () => {
    const spec = sweepOf({ rounds: 2, hidden: [128] });
    const trained = [];
    for (const lends of [false, true]) {
      const fault = async ({ room, client, lease }: Disturbed): Promise<void> => {
        expect(8 * sizeOf(lease)).toBeGreaterThan(wireLimits.frameBytesMax);
        if (lends) await answer(room, client, lease, honestSum(lease));
        client.close();
      };
      trained.push(await disturbed(fault, spec));
    }
    expect(trained[1]).toBe(trained[0]);
  });

  test('and beyond what can be stored is refused before anything is trained', async () => {
    const room = await testCoordinator();
    const refused = await room.request('/api/sweeps', postJson({ spec: sweepOf({ rounds: 2, hidden: [8192, 8192] }) }));
    expect([refused.status, await refused.json()]).toMatchObject([422, { code: 'E_SWEEP_MODEL_SIZE' }]);
    expect(room.room.state.trials.size).toBe(0);
  });
});

/** Announces so many bytes and sends half of them. */
async function breakOffUpload({ port, tokens }: TestCoordinator, bytes: number): Promise<void> {
  const { join: token } = tokens;
  const headers = { authorization: `Bearer ${token}`, 'content-length': bytes };
  const path = `/api/artifacts/${'a'.repeat(64)}?for=round`;
  const upload = request({ host: '127.0.0.1', port, method: 'PUT', path, headers });
  const broken = once(upload, 'error');
  upload.write(new Uint8Array(bytes / 2), () => upload.destroy(new Error('broken off')));
  await broken;
}

/** Takes ten times as many turns of the event loop as its answers need, until the client is closed; how many leases counted. */
async function helpSlowly(room: TestCoordinator, client: TestClient, first: Lease): Promise<number> {
  let counted = 0;
  try {
    for (let lease = first; ; lease = await pull(client)) {
      await slowly(() => room.putArtifact(new Uint8Array(honestSum(lease).buffer)));
      await answer(room, client, lease, honestSum(lease));
      const { accepted, lease: key } = await client.next('settled');
      if (accepted && key.leaseId === lease.lease.leaseId) counted += 1;
    }
  } catch {
    return counted;
  }
}

async function slowly(work: () => Promise<unknown>): Promise<void> {
  let [turns, working] = [0, true];
  const done = work().finally(() => (working = false));
  await until(() => ((turns += working ? 9 : -1), turns <= 0 && !working));
  await done;
}

/** Has the coordinator answer more and more until it has had enough; the most bytes that were seen waiting. */
async function floodWithAnswers(room: TestCoordinator, client: TestClient): Promise<number> {
  // Each lease that is not known is answered by a revocation.
  const leaseId = '00000000-0000-7000-8000-000000000000' as LeaseKey['leaseId'];
  const leases = Array.from({ length: wireLimits.leasesPerWorkerMax }, (_, fence) => ({ leaseId, fence }));
  let most = 0;
  while ((await refusals(room, 'E_SLOW')) === 0) {
    for (let i = 0; i < 20; i += 1) client.send({ type: 'heartbeat', leases });
    most = Math.max(most, await figure(room, 'gradpool_waiting_bytes'));
  }
  return Math.max(most, await figure(room, 'gradpool_waiting_bytes'));
}

async function figure(room: TestCoordinator, name: string): Promise<number> {
  const text = await (await room.request('/metrics', { role: 'viewer' })).text();
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? NaN);
}
