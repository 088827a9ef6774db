import type { LeaseKey, MessageOf } from '@gradpool/protocol';
import { afterEach, describe, expect, test } from '@jest/globals';
import { heldStore } from '../testing/held-store.ts';
import { submit } from '../testing/sweeps.ts';
import { joinAs, type TestClient } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { until } from '../testing/until.ts';
import { trainOutcome, weightsFor } from '../testing/weights.ts';

afterEach(stopTestCoordinators);

async function trainer(room: TestCoordinator) {
  const { client } = await joinAs({ url: room.url, token: room.tokens.join });
  client.send({ type: 'pull', want: 1 });
  const { lease, work } = await client.next('lease');
  if (work.kind !== 'train') throw new Error(work.kind);
  return { client, lease, work };
}

/** The trial's row, once everything said so far is handled. */
async function trialOf(room: TestCoordinator, client: TestClient, { trialId }: { trialId: string }) {
  await client.settled();
  await room.room.loop.settled();
  const view = room.room.trial(trialId as never);
  if (!view) throw new Error('no such trial');
  return view;
}

const result = (lease: LeaseKey, outcome: MessageOf<'result'>['outcome']): MessageOf<'result'> => ({
  type: 'result',
  lease,
  outcome,
});

describe('screening', () => {
  test('[R1] weights of another length than the model are an error of the worker', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const wrong = await room.putArtifact(weightsFor({ ...work.spec, latent: 2 }));
    client.send(result(lease, trainOutcome(wrong)));
    expect(await client.next('error')).toMatchObject({ code: 'E_WEIGHTS_SHAPE' });
    await client.next('settled');
    expect(await trialOf(room, client, work)).toMatchObject({
      state: 'waiting',
      errors: 1,
      weights: null,
      claimedScore: null,
    });
  });

  test('[R1] a length that is only claimed does not help', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const right = weightsFor(work.spec);
    const wrong = await room.putArtifact(weightsFor({ ...work.spec, latent: 2 }));
    client.send(result(lease, trainOutcome({ ...wrong, bytes: right.length })));
    expect(await client.next('error')).toMatchObject({ code: 'E_WEIGHTS_SHAPE' });
    expect(await trialOf(room, client, work)).toMatchObject({ state: 'waiting', errors: 1 });
  });

  test('[R2] weights that were never uploaded are an error of the worker', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const bytes = weightsFor(work.spec);
    client.send(result(lease, trainOutcome({ sha256: 'a'.repeat(64), bytes: bytes.length })));
    expect(await client.next('error')).toMatchObject({ code: 'E_ARTIFACT_MISSING' });
    expect(await trialOf(room, client, work)).toMatchObject({ state: 'waiting', errors: 1 });
  });

  test.each([NaN, Infinity])('[R3] weights that hold %s are an error of the worker', async (odd) => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const weights = await room.putArtifact(weightsFor(work.spec, odd));
    client.send(result(lease, trainOutcome(weights)));
    expect(await client.next('error')).toMatchObject({ code: 'E_WEIGHTS_NOT_FINITE' });
    expect(await trialOf(room, client, work)).toMatchObject({ state: 'waiting', errors: 1 });
  });

  test('[R3] a claim that is NaN is no message at all', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const weights = await room.putArtifact(weightsFor(work.spec));
    client.send(result(lease, trainOutcome(weights, NaN)));
    expect(await client.next('error')).toMatchObject({ code: 'E_MESSAGE_INVALID' });
    await client.closed;
    await room.room.loop.settled();
    expect(room.room.trial(work.trialId)).toMatchObject({ state: 'running', errors: 0, claimedScore: null });
  });

  test('[R4] a NaN loss that a worker reports counts as an error of the trial', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    client.send({ type: 'failed', lease, code: 'E_NAN_LOSS', message: 'the loss is NaN in epoch 1' });
    expect(await client.next('settled')).toMatchObject({ accepted: true });
    expect(await trialOf(room, client, work)).toMatchObject({ errors: 1, errorCode: 'E_NAN_LOSS' });
  });

  test('[R5] a result for a lease that is gone is refused and changes nothing', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const weights = await room.putArtifact(weightsFor(work.spec));
    client.send({ type: 'release', lease, reason: 'test', checkpoint: null });
    await client.next('settled');
    const before = await trialOf(room, client, work);
    client.send(result(lease, trainOutcome(weights)));
    expect(await client.next('settled')).toMatchObject({ accepted: false, code: expect.stringMatching(/^E_LEASE_/) });
    client.send(result({ ...lease, fence: lease.fence + 7 }, trainOutcome(weights)));
    expect(await client.next('settled')).toMatchObject({ accepted: false });
    expect(await trialOf(room, client, work)).toEqual(before);
  });

  test('[R7] what a worker says right before it closes still counts', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const weights = await room.putArtifact(weightsFor(work.spec));
    client.send(result(lease, trainOutcome(weights)));
    client.send({ type: 'bye', reason: 'done' });
    client.socket.close();
    await client.closed;
    await until(() => room.room.workers()[0]?.connected === false);
    expect(room.room.trial(work.trialId)).toMatchObject({ state: 'verifying', claimedScore: 0.05 });
  });

  test('[R7] a bye before the close gives leases back at once', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, work } = await trainer(room);
    client.send({ type: 'bye', reason: 'done' });
    client.socket.terminate();
    await until(() => room.room.trial(work.trialId)?.state === 'waiting');
  });

  test("[R5] nor does another worker's lease help", async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const other = await joinAs({ url: room.url, token: room.tokens.join });
    const weights = await room.putArtifact(weightsFor(work.spec));
    other.client.send(result(lease, trainOutcome(weights)));
    expect(await other.client.next('settled')).toMatchObject({ accepted: false });
    expect(await trialOf(room, client, work)).toMatchObject({ state: 'running', weights: null });
  });

  test('[R6] a checkpoint is kept only where its bytes are there', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    const artifact = await room.putArtifact(new Uint8Array([1, 2, 3]));
    const checkpoint = { epoch: 0, artifact: artifact as never, numericClass: 'test' };
    const missing = { ...checkpoint, artifact: { sha256: 'b'.repeat(64) as never, bytes: 3 } };
    client.send({ type: 'checkpoint', lease, checkpoint: missing });
    expect(await client.next('error')).toMatchObject({ code: 'E_ARTIFACT_MISSING' });
    client.send({ type: 'checkpoint', lease, checkpoint });
    await trialOf(room, client, work);
    expect(room.room.state.trials.get(work.trialId)?.row.checkpoint?.artifact).toEqual(artifact);
  });
});

describe('metric points', () => {
  const progress = (lease: LeaseKey, value: number): MessageOf<'progress'> => ({
    type: 'progress',
    lease,
    epoch: 1,
    epochs: 1,
    fraction: 0.5,
    loss: 0.1,
    imagesPerSecond: 10,
    points: [{ epoch: 1, name: 'train_mse', value }],
  });

  test('[M1] are stored under the attempt of the lease, and only for a live one', async () => {
    const room = await testCoordinator();
    await submit(room);
    const { client, lease, work } = await trainer(room);
    client.send(progress(lease, 0.25));
    client.send(progress({ ...lease, fence: lease.fence + 1 }, 9));
    await client.settled();
    const answer = await room.request(`/api/trials/${work.trialId}/metrics`, { role: 'viewer' });
    expect(await answer.json()).toEqual({ points: [{ attempt: 1, epoch: 1, name: 'train_mse', value: 0.25 }] });
  });
});

describe('stored before sent', () => {
  test('[L1] no lease leaves before it is stored', async () => {
    const held = heldStore();
    const room = await testCoordinator({ store: held.store });
    await submit(room);
    const { client } = await joinAs({ url: room.url, token: room.tokens.join });
    held.hold();
    const begun = held.begun;
    client.send({ type: 'pull', want: 1 });
    await until(() => held.begun > begun);
    await client.settled();
    expect(client.received.filter(({ type }) => type === 'lease')).toEqual([]);
    held.letGo();
    expect((await client.next('lease')).work.kind).toBe('train');
    const stored = await room.store.load();
    expect(stored.attempts).toHaveLength(1);
  });

  test('[L4] after a failed write nobody is told anything that is not stored', async () => {
    const held = heldStore();
    const room = await testCoordinator({ store: held.store });
    await submit(room);
    const { client } = await joinAs({ url: room.url, token: room.tokens.join });
    held.failWith(Object.assign(new Error('write failed'), { code: 'ENOSPC' }));
    client.send({ type: 'pull', want: 1 });
    await until(() => room.faults.length > 0);
    expect(room.faults).toMatchObject([{ code: 'E_DISK_FULL', exit: 1 }]);
    await client.settled();
    expect(client.received.filter(({ type }) => type === 'lease')).toEqual([]);
    expect(await (await room.request('/api/ready', { role: null })).json()).toMatchObject({ status: 'broken' });
    const refused = await room.request('/api/sweeps', { role: 'viewer' });
    expect([refused.status, await refused.json()]).toMatchObject([500, { code: 'E_DISK_FULL' }]);
  });
});
