import { afterEach, describe, expect, test } from '@jest/globals';
import { mnistManifest, modelLayout, trialSpec } from '@gradpool/experiment';
import type { ArtifactRef, MessageOf, Work } from '@gradpool/protocol';
import { codecs } from '@gradpool/tensors';
import { coordinatorLimits } from '../limits.ts';
import { submit } from '../testing/sweeps.ts';
import { joinAs, type TestClient } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { pooledSweep, refusals } from './pooled-fixture.ts';

afterEach(stopTestCoordinators);

type Lease = MessageOf<'lease'> & { readonly work: Extract<Work, { kind: 'lane' }> };

async function pull(client: TestClient): Promise<Lease> {
  client.send({ type: 'pull', want: 1 });
  const lease = await client.next('lease');
  if (lease.work.kind !== 'lane') throw new Error(`a lease of ${lease.work.kind}`);
  return lease as Lease;
}

async function openRun() {
  const room = await testCoordinator();
  const epochs = { value: 200 };
  const pooled = { mode: 'local', batch: 16, steps: 4, codec: 'f32' };
  await submit(room, { ...pooledSweep, parameters: { ...pooledSweep.parameters, epochs }, pooled });
  const { client } = await joinAs({ url: room.url, token: room.tokens.join });
  return { room, client, lease: await pull(client) };
}

/** A change of so much at every weight; one weight a little apart for each `salt`. */
function changeOf({ work }: Lease, value: number, salt = 0): Float32Array {
  const change = new Float32Array(modelLayout(trialSpec.parse(work.spec), mnistManifest.image).size).fill(value);
  change[0] = value * (1 + salt / 100);
  return change;
}

async function answer(room: TestCoordinator, client: TestClient, lease: Lease, change: Float32Array): Promise<void> {
  const delta = (await room.putArtifact(codecs.f32.encode(change, { seed: 0, stream: 0 }))) as ArtifactRef;
  const { round, steps } = lease.work;
  const outcome = { kind: 'lane', round, delta, loss: 0.1, images: 16 * steps, durationMs: 1 } as const;
  client.send({ type: 'result', lease: lease.lease, outcome });
}

/** The refused worker is told and its error counted; it may take part anew. */
async function expectRefused(room: TestCoordinator, client: TestClient, { lease }: Lease, code: string) {
  expect(await client.next('error')).toMatchObject({ code });
  expect(await client.next('settled')).toMatchObject({ lease: { leaseId: lease.leaseId } });
  expect(await refusals(room, code)).toBe(1);
  return pull(client);
}

describe('[P5] a change', () => {
  test('of another length than the codec makes of the model is refused', async () => {
    const { room, client, lease } = await openRun();
    await answer(room, client, lease, changeOf(lease, 0.01).subarray(1));
    await expectRefused(room, client, lease, 'E_WEIGHTS_SHAPE');
  });

  test.each([Number.NaN, -Infinity])('that holds %p is refused', async (odd) => {
    const { room, client, lease } = await openRun();
    const change = changeOf(lease, 0.01);
    change[7] = odd;
    await answer(room, client, lease, change);
    const again = await expectRefused(room, client, lease, 'E_WEIGHTS_NOT_FINITE');
    await answer(room, client, again, changeOf(again, 0.01));
    expect(await client.next('settled')).toMatchObject({ accepted: true });
  });

  test('a hundred times larger than those before it is refused, and the next honest one counts', async () => {
    const { room, client, lease } = await openRun();
    let next = lease;
    for (let round = 0; round < coordinatorLimits.pooledNormSamplesMin; round += 1) {
      await answer(room, client, next, changeOf(next, 0.001, round));
      expect(await client.next('settled')).toMatchObject({ accepted: true });
      next = await pull(client);
    }
    await answer(room, client, next, changeOf(next, 0.101));
    const again = await expectRefused(room, client, next, 'E_GRADIENT_NORM');
    await answer(room, client, again, changeOf(again, 0.09));
    expect(await client.next('settled')).toMatchObject({ accepted: true });
  });
});
