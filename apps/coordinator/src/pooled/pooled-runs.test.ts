import { afterEach, expect, test } from '@jest/globals';
import { openMemoryStore } from '../store/memory-store.ts';
import { submit } from '../testing/sweeps.ts';
import { joinAs } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator } from '../testing/test-coordinator.ts';
import { answer, pooledSweep, pull, sumOf, unit } from './pooled-fixture.ts';

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
