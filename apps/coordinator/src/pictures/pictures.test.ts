import { mnistManifest, sampleLimits } from '@gradpool/experiment';
import { reconstructionsAnswer, type LeaseKey, type MessageOf } from '@gradpool/protocol';
import { afterEach, expect, test } from '@jest/globals';
import { submit } from '../testing/sweeps.ts';
import { connect, joinAs } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { digestOf } from '../testing/weights.ts';

afterEach(stopTestCoordinators);

const pixels = 28 * 28;
const frame = (fill: number): Uint8Array => new Uint8Array(sampleLimits.imagesMax * pixels).fill(fill);
const message = (lease: LeaseKey, epoch: number, bytes: Uint8Array): MessageOf<'pictures'> => ({
  type: 'pictures',
  lease,
  epoch,
  bytes,
});

async function trainer(room: TestCoordinator, epochs: number) {
  const parameters = { latent: { value: 1 }, hidden: { value: [1] }, epochs: { value: epochs }, noise: { value: 0.3 } };
  await submit(room, { name: 'pictured', parameters });
  const { client } = await joinAs({ url: room.url, token: room.tokens.join });
  client.send({ type: 'pull', want: 1 });
  const { lease, work } = await client.next('lease');
  if (work.kind !== 'train') throw new Error(work.kind);
  return { client, lease, trialId: work.trialId };
}

async function shown(room: TestCoordinator, trialId: string) {
  const answer = await room.request(`/api/trials/${trialId}/reconstructions`, { role: 'viewer' });
  return reconstructionsAnswer.parse(await answer.json());
}

test('[R8] pictures of an epoch are kept under their digest, the newest of an epoch counts, and viewers are told', async () => {
  const room = await testCoordinator({ limits: { changesMs: 1_000_000 } });
  const { client, lease, trialId } = await trainer(room, 3);
  const viewer = await connect({ url: room.url, token: room.tokens.viewer });
  viewer.send({ type: 'watch', versions: { min: 1, max: 1 } });
  await viewer.next('snapshot');
  for (const [epoch, fill] of [
    [1, 7],
    [2, 9],
    [1, 8],
  ] as const) {
    client.send(message(lease, epoch, frame(fill)));
  }
  // Answered in order: what came before is stored by then.
  client.send(message(lease, 99, frame(1)));
  expect(await client.next('error')).toMatchObject({ code: 'E_PICTURES' });
  const [first, second] = [digestOf(frame(8)), digestOf(frame(9))];
  const { epochs } = await shown(room, trialId);
  expect(epochs).toEqual([
    { epoch: 1, sha256: first, bytes: 8 * pixels },
    { epoch: 2, sha256: second, bytes: 8 * pixels },
  ]);
  const bytes = await room.request(`/api/artifacts/${second}`, { role: 'viewer' });
  expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(frame(9));
  room.flushFeed();
  expect((await viewer.next('changes')).pictures.at(-1)).toEqual({ trialId, ...epochs[0] });
});

test('[R8] the inputs are the same for all trials of a noise factor: test images, and their judged noise', async () => {
  const room = await testCoordinator();
  const { trialId } = await trainer(room, 1);
  const answer = await shown(room, trialId);
  expect(answer).toMatchObject({ images: 8, image: mnistManifest.image, noise: 0.3, epochs: [] });
  const clean = Buffer.from(answer.inputs.clean, 'base64');
  expect(clean).toHaveLength(8 * pixels);
  // The first test image of MNIST is a seven: light in its upper half, dark in its corner.
  expect([clean[0], clean[7 * 28 + 6], digestOf(clean)]).toEqual([0, 84, expect.any(String)]);
  const noisy = Buffer.from(answer.inputs.noisy, 'base64');
  expect(noisy.equals(clean)).toBe(false);
  expect((await room.request('/api/trials/none/reconstructions', { role: 'viewer' })).status).toBe(404);
});

test.each([
  ['of another length', 1, new Uint8Array(5)],
  ['of an epoch beyond the last', 4, frame(1)],
])('[R8] pictures %s are dropped, and the connection stays', async (_what, epoch, bytes) => {
  const room = await testCoordinator();
  const { client, lease, trialId } = await trainer(room, 3);
  client.send(message(lease, epoch, bytes));
  expect(await client.next('error')).toMatchObject({ code: 'E_PICTURES', message: expect.stringContaining('dropped') });
  await client.settled();
  expect((await shown(room, trialId)).epochs).toEqual([]);
});

test('[R8] pictures for a lease that is gone are of no interest', async () => {
  const room = await testCoordinator();
  const { client, lease, trialId } = await trainer(room, 3);
  client.send({ type: 'release', lease, reason: 'test', checkpoint: null });
  await client.next('settled');
  client.send(message(lease, 1, frame(1)));
  await client.settled();
  expect((await shown(room, trialId)).epochs).toEqual([]);
});
