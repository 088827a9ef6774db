import { afterEach, expect, test } from '@jest/globals';
import type { MetricsAnswer } from '@gradpool/protocol';
import { openMemoryStore } from '../store/memory-store.ts';
import { submit } from '../testing/sweeps.ts';
import { joinAs, type TestClient } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { until } from '../testing/until.ts';
import { answer, honestSum, pooledSweep, pull, sizeOf, sumOf, trainedWeights, unit } from './pooled-fixture.ts';

afterEach(stopTestCoordinators);

test('[P4] a restart opens a run that was under way again, and its first lease goes out', async () => {
  // It outlives the coordinator that closes it.
  const store = { ...openMemoryStore(), close: () => Promise.resolve() };
  const before = await testCoordinator({ store });
  await submit(before, pooledSweep);
  const { client } = await joinAs({ url: before.url, token: before.tokens.join });
  const lease = await pull(client);
  await answer(before, client, lease, sumOf(lease, unit));
  expect(await client.next('settled')).toMatchObject({ accepted: true });
  await before.stop();
  const after = await testCoordinator({ store });
  const { client: again } = await joinAs({ url: after.url, token: after.tokens.join });
  expect((await pull(again)).work).toMatchObject({ round: 0, from: 0, to: 4, trialId: lease.work.trialId });
  expect(after.faults).toEqual([]);
});

test('[P4] a run that was paused goes on where it stood after a restart and a resume, to the bits of one never paused', async () => {
  const joined = async (room: TestCoordinator): Promise<TestClient> =>
    (await joinAs({ url: room.url, token: room.tokens.join })).client;
  const train = async (room: TestCoordinator, client: TestClient, rounds: number): Promise<number[]> => {
    const seen: number[] = [];
    while (seen.length < rounds) {
      const lease = await pull(client);
      seen.push(lease.work.round);
      await answer(room, client, lease, honestSum(lease));
      expect(await client.next('settled')).toMatchObject({ accepted: true });
    }
    return seen;
  };
  const whole = await testCoordinator();
  await submit(whole, pooledSweep);
  await train(whole, await joined(whole), 30);
  const expected = await trainedWeights(whole);

  const store = { ...openMemoryStore(), close: () => Promise.resolve() };
  const tonight = await testCoordinator({ store });
  const { sweepId } = await submit(tonight, pooledSweep);
  const client = await joined(tonight);
  await train(tonight, client, 7);
  await pull(client);
  const order = (room: TestCoordinator, command: string): Promise<Response> =>
    room.request(`/api/sweeps/${sweepId}/${command}`, { method: 'POST' });
  await order(tonight, 'pause');
  expect(await client.next('revoke')).toMatchObject({ code: 'E_SWEEP_PAUSED' });
  const row = () => [...tonight.room.state.trials.values()][0]!.row;
  await until(() => row().checkpoint !== null);
  expect(row().state).toBe('waiting');
  await tonight.stop();

  const nextWeek = await testCoordinator({ store, dataDir: tonight.dataDir });
  await order(nextWeek, 'resume');
  const rounds = await train(nextWeek, await joined(nextWeek), 23);
  expect([rounds.at(0), rounds.at(-1)]).toEqual([7, 29]);
  expect(await trainedWeights(nextWeek)).toBe(expected);
});

test('[P8] each epoch has its loss, and what the vectors take is counted both ways', async () => {
  const room = await testCoordinator();
  await submit(room, pooledSweep);
  const { client } = await joinAs({ url: room.url, token: room.tokens.join });
  let lease = await pull(client);
  const { trialId } = lease.work;
  for (let round = 0; round < 20; round += 1) {
    await answer(room, client, lease, honestSum(lease));
    await client.next('settled');
    lease = await pull(client);
  }
  const answered = await room.request(`/api/trials/${trialId}/metrics`);
  const { points } = (await answered.json()) as MetricsAnswer;
  expect(points.filter(({ name }) => name === 'train_mse')).toEqual(
    [1, 2].map((epoch) => ({ attempt: 1, epoch, name: 'train_mse', value: expect.closeTo(0.1) })),
  );
  const { pool } = room.room.state.trials.get(trialId)!;
  expect(pool!.bytes.down).toBeGreaterThan(20 * 4 * sizeOf(lease));
});

test('[P1] a worker that sleeps on its lease holds nobody up, and comes too late', async () => {
  const room = await testCoordinator();
  await submit(room, pooledSweep);
  const endpoint = { url: room.url, token: room.tokens.join };
  const [sleeper, other] = [await joinAs(endpoint), await joinAs(endpoint)];
  const held = await pull(sleeper.client);
  let counted = held.work.to - held.work.from;
  for (let next = await pull(other.client); ; next = await pull(other.client)) {
    if (next.work.copy) {
      expect(next.work).toMatchObject({ from: held.work.from, to: held.work.to });
      await answer(room, other.client, next, sumOf(next, unit));
      break;
    }
    counted += next.work.to - next.work.from;
    await answer(room, other.client, next, sumOf(next, unit));
  }
  expect(counted).toBe(4);
  expect(await sleeper.client.next('revoke')).toMatchObject({ code: 'E_COPY_FINISHED' });
  await answer(room, sleeper.client, held, sumOf(held, unit));
  expect(await sleeper.client.next('settled')).toMatchObject({ accepted: false, code: 'E_COPY_FINISHED' });
  expect((await pull(other.client)).work.round).toBe(1);
});
