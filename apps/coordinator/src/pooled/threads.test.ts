import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mnistManifest, modelLayout, trialSpec } from '@gradpool/experiment';
import type { ArtifactRef, MessageOf, Work } from '@gradpool/protocol';
import { codecs, fixedPointBytes } from '@gradpool/tensors';
import type { Coordinator } from '../app.ts';
import { catchWorkers, caughtWorkers } from '../testing/caught-workers.ts';
import { submit } from '../testing/sweeps.ts';
import { joinAs, type TestClient } from '../testing/test-client.ts';
import type { TestCoordinator } from '../testing/test-coordinator.ts';
import { until } from '../testing/until.ts';
import {
  answer,
  helpHonestly,
  honestSum,
  pooledSweep,
  pull,
  say,
  sendVector,
  trainedWeights,
} from './pooled-fixture.ts';

/*
 * Runs over real sockets whose vectors are in a thread, small as they are.
 */

catchWorkers();
const { stopTestCoordinators, testCoordinator } = await import('../testing/test-coordinator.ts');
beforeEach(() => void caughtWorkers.splice(0));
afterEach(stopTestCoordinators);

const inThreads = {
  loopParametersMax: 0,
  loopLocalParametersMax: 0,
  loopSlowParametersMax: 0,
  vectorSharedBytesMin: 1,
};
const inPlace = { loopParametersMax: Infinity, loopLocalParametersMax: Infinity, loopSlowParametersMax: Infinity };

const joined = async ({ url, tokens }: Coordinator): Promise<TestClient> =>
  (await joinAs({ url, token: tokens.join })).client;

const trialOf = (room: TestCoordinator) => [...room.room.state.trials.values()][0]!;

/** All threads of pooled runs have ended. */
const untilThreadsEnd = (): Promise<void> => until(() => caughtWorkers.every(({ threadId }) => threadId === -1));

/** By turns over the socket and put first, as long vectors are. */
async function trainExact(room: TestCoordinator, client: TestClient): Promise<string> {
  for (let round = 0; round < 30; round += 1) {
    const lease = await pull(client);
    if (round % 2 === 0) await answer(room, client, lease, honestSum(lease));
    else {
      sendVector(client, lease, fixedPointBytes(honestSum(lease)));
      say(client, lease, null);
    }
    expect(await client.next('settled')).toMatchObject({ accepted: true });
  }
  return trainedWeights(room);
}

type LaneLease = MessageOf<'lease'> & { readonly work: Extract<Work, { kind: 'lane' }> };

async function trainLocal(room: TestCoordinator, client: TestClient): Promise<string> {
  const ended = trainedWeights(room);
  for (let lane = 0; trialOf(room).row.weights === null; lane += 1) {
    client.send({ type: 'pull', want: 1 });
    const next = client.next('lease') as Promise<LaneLease>;
    // After its last round there is none.
    const got = await Promise.race([next, ended.then(() => null)]);
    if (!got) break;
    const { lease, work } = got;
    const { round, steps } = work;
    const { size } = modelLayout(trialSpec.parse(work.spec), mnistManifest.image);
    const change = Float32Array.from({ length: size }, (_, i) => ((i % 5) - 2) / (100 * (lane + 1)));
    const bytes = codecs.int4.encode(change, { seed: lane, stream: 1 });
    const delta = lane % 2 === 0 ? ((await room.putArtifact(bytes)) as ArtifactRef) : null;
    if (!delta) sendVector(client, got, bytes);
    const outcome = { kind: 'lane', round, delta, loss: 0.1, images: 16 * steps, durationMs: 1 } as const;
    client.send({ type: 'result', lease, outcome });
    expect(await client.next('settled')).toMatchObject({ accepted: true });
  }
  return ended;
}

const localSweep = { ...pooledSweep, pooled: { mode: 'local', batch: 16, steps: 4, codec: 'int4' } };

describe('[P10] a run whose vectors are in a thread', () => {
  test.each([
    { mode: 'exact', sweep: pooledSweep, train: trainExact },
    { mode: 'local', sweep: localSweep, train: trainLocal },
    {
      ...{ mode: 'local, with a robust mean', train: trainLocal },
      sweep: { ...localSweep, pooled: { ...localSweep.pooled, aggregate: 'trimmed_mean' } },
    },
  ])('ends with the weights of one in place, and so does its thread: $mode', async ({ sweep, train }) => {
    const trained = [];
    for (const limits of [inPlace, inThreads]) {
      caughtWorkers.splice(0);
      // Time stands still, so that rounds of local mode are as long in both.
      const room = await testCoordinator({ limits, clock: () => 1_000 });
      await submit(room, sweep);
      trained.push(await train(room, await joined(room)));
      expect(caughtWorkers).toHaveLength(limits === inThreads ? 1 : 0);
      await untilThreadsEnd();
      expect(room.faults).toEqual([]);
    }
    expect(trained[1]).toBe(trained[0]);
  });

  test('goes on from its last checkpoint when the thread dies, to the same weights', async () => {
    const plain = await testCoordinator();
    await submit(plain, pooledSweep);
    const expected = await trainExact(plain, await joined(plain));

    const room = await testCoordinator({ limits: { ...inThreads, pooledCheckpointRounds: 5 } });
    await submit(room, pooledSweep);
    const client = await joined(room);
    const helping = helpHonestly(room, client).catch((error: unknown) => error);
    await until(() => (trialOf(room).pool?.start?.round ?? 0) >= 7);
    void caughtWorkers[0]!.terminate();
    await until(() => trialOf(room).row.errors === 1);
    expect(trialOf(room).row).toMatchObject({ errorCode: 'E_VECTOR_THREAD', state: 'waiting' });
    expect(trialOf(room).row.checkpoint).not.toBeNull();
    await until(() => trialOf(room).row.weights !== null);
    expect(trialOf(room).row).toMatchObject({ errors: 1, weights: { sha256: expected } });
    expect(caughtWorkers).toHaveLength(2);
    client.close();
    expect(String(await helping)).toMatch(/closed/);
    expect(room.faults).toEqual([]);
  });

  test('fails in the end where thread after thread dies, and the coordinator lives on', async () => {
    const room = await testCoordinator({ limits: inThreads });
    await submit(room, pooledSweep);
    const client = await joined(room);
    const helping = helpHonestly(room, client).catch((error: unknown) => error);
    for (let death = 0; trialOf(room).row.state !== 'failed'; death += 1) {
      expect(death).toBeLessThan(10);
      await until(() => caughtWorkers.length > death || trialOf(room).row.state === 'failed');
      await caughtWorkers[death]?.terminate();
      await until(() => trialOf(room).row.errors > death);
    }
    expect(trialOf(room).row).toMatchObject({ errorCode: 'E_VECTOR_THREAD' });
    client.close();
    await helping;
    expect((await room.request('/api/room')).status).toBe(200);
    expect(room.faults).toEqual([]);
  });

  test('is paused, cancelled and stopped with its threads gone', async () => {
    const room = await testCoordinator({ limits: inThreads });
    const [first, second] = [await submit(room, pooledSweep), await submit(room, { ...pooledSweep, name: 'another' })];
    const client = await joined(room);
    const order = ({ sweepId }: { sweepId: string }, command: string): Promise<Response> =>
      room.request(`/api/sweeps/${sweepId}/${command}`, { method: 'POST' });
    const lease = await pull(client);
    await answer(room, client, lease, honestSum(lease));
    await client.next('settled');
    await order(first, 'pause');
    await until(() => trialOf(room).row.checkpoint !== null);
    await untilThreadsEnd();
    await order(second, 'cancel');
    await order(first, 'resume');
    expect((await pull(client)).work.round).toBe(1);
    await room.stop();
    expect(caughtWorkers.map(({ threadId }) => threadId)).toEqual(caughtWorkers.map(() => -1));
    expect(room.faults).toEqual([]);
  });
});
