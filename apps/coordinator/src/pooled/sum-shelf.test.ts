import { afterEach, describe, expect, test } from '@jest/globals';
import type { ArtifactRef } from '@gradpool/protocol';
import { fixedPointBytes } from '@gradpool/tensors';
import { coordinatorLimits } from '../limits.ts';
import { submit } from '../testing/sweeps.ts';
import { joinAs, type TestClient } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import {
  answer,
  type Lease,
  pooledSweep,
  pull,
  refusals,
  say,
  sendVector,
  sizeOf,
  sumOf,
  unit,
} from './pooled-fixture.ts';

afterEach(stopTestCoordinators);

/** A pooled trial with one worker, and its first lease: the whole round. */
async function openRun() {
  const room = await testCoordinator();
  await submit(room, pooledSweep);
  const { client } = await joinAs({ url: room.url, token: room.tokens.join });
  const lease = await pull(client);
  expect(lease.work).toMatchObject({ round: 0, from: 0, to: 4 });
  return { room, client, lease };
}

/** The refused worker is told and its error counted; the round waits for whoever computes it next. */
async function expectRefused(room: TestCoordinator, client: TestClient, { lease, work }: Lease, code: string) {
  expect(await client.next('error')).toMatchObject({ code });
  expect(await client.next('settled')).toMatchObject({ lease: { leaseId: lease.leaseId } });
  expect(await refusals(room, code)).toBe(1);
  const again = await pull(client);
  expect(again.work).toMatchObject({ round: work.round, from: work.from, to: work.to });
  return again;
}

describe('[P1] a sum', () => {
  test('that was never uploaded is refused', async () => {
    const { room, client, lease } = await openRun();
    say(client, lease, { sha256: 'a'.repeat(64) as never, bytes: 8 * sizeOf(lease) });
    await expectRefused(room, client, lease, 'E_ARTIFACT_MISSING');
  });

  test('that came ahead of its result counts, for that lease alone', async () => {
    const { client, lease } = await openRun();
    const sum = fixedPointBytes(sumOf(lease, unit));
    sendVector(client, lease, sum);
    say(client, lease, null, lease.work.round + 1);
    expect(await client.next('settled')).toMatchObject({ accepted: false, code: 'E_OUTCOME_KIND' });
    say(client, lease, null);
    expect(await client.next('settled')).toMatchObject({ accepted: true });
    const next = await pull(client);
    expect(next.work.round).toBe(1);
    say(client, next, null);
    expect(await client.next('error')).toMatchObject({ code: 'E_ARTIFACT_MISSING' });
  });

  test('that did not come whole is refused', async () => {
    const { room, client, lease } = await openRun();
    const sum = fixedPointBytes(sumOf(lease, unit));
    sendVector(client, lease, sum, sum.length + 1);
    say(client, lease, null);
    const again = await expectRefused(room, client, lease, 'E_ARTIFACT_MISSING');
    sendVector(client, again, sum.subarray(1));
    say(client, again, null);
    expect(await client.next('error')).toMatchObject({ code: 'E_WEIGHTS_SHAPE' });
  });

  test('of another length than the model is refused', async () => {
    const { room, client, lease } = await openRun();
    await answer(room, client, lease, sumOf(lease, unit).subarray(1));
    await expectRefused(room, client, lease, 'E_WEIGHTS_SHAPE');
  });

  test.each([Number.NaN, Infinity, 0.5, 2 ** 54])('that holds %p is refused', async (odd) => {
    const { room, client, lease } = await openRun();
    const sum = sumOf(lease, unit);
    sum[7] = odd;
    await answer(room, client, lease, sum);
    const again = await expectRefused(room, client, lease, 'E_GRADIENT_RANGE');
    await answer(room, client, again, sumOf(again, unit));
    expect(await client.next('settled')).toMatchObject({ accepted: true });
  });

  test('a hundred times larger than those before it is refused, and the next honest one counts', async () => {
    const { room, client, lease } = await openRun();
    let next = lease;
    for (let round = 0; round < coordinatorLimits.pooledNormSamplesMin; round += 1) {
      expect(next.work.round).toBe(round);
      await answer(room, client, next, sumOf(next, unit, round));
      expect(await client.next('settled')).toMatchObject({ accepted: true });
      next = await pull(client);
    }
    await answer(room, client, next, sumOf(next, 101 * unit));
    const again = await expectRefused(room, client, next, 'E_GRADIENT_NORM');
    await answer(room, client, again, sumOf(again, 99 * unit));
    expect(await client.next('settled')).toMatchObject({ accepted: true });
    expect((await pull(client)).work.round).toBe(again.work.round + 1);
  });

  test('sent twice, or for another round, counts once or not at all', async () => {
    const { room, client, lease } = await openRun();
    const sum = (await room.putArtifact(fixedPointBytes(sumOf(lease, unit)))) as ArtifactRef;
    say(client, lease, sum, lease.work.round + 1);
    expect(await client.next('settled')).toMatchObject({ accepted: false, code: 'E_OUTCOME_KIND' });
    say(client, lease, sum);
    expect(await client.next('settled')).toMatchObject({ accepted: true });
    say(client, lease, sum);
    expect(await client.next('settled')).toMatchObject({ accepted: false, code: 'E_LEASE_UNKNOWN' });
    expect((await pull(client)).work.round).toBe(1);
  });
});
