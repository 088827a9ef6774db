import { removeAnswer, roomCommandAnswer } from '@gradpool/protocol';
import { afterEach, expect, test } from '@jest/globals';
import { openMemoryStore } from '../store/memory-store.ts';
import { submit } from '../testing/sweeps.ts';
import { connect, joinAs, workerHello } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';

afterEach(stopTestCoordinators);

const post = (room: TestCoordinator, path: string, role: 'admin' | 'trusted' = 'admin') =>
  room.request(path, { method: 'POST', role });
const code = async (answer: Response) => ((await answer.json()) as { code: string }).code;

test('[G1] a removed worker is told why, its work goes on elsewhere, and its identity stays out until the room opens', async () => {
  const store = openMemoryStore();
  const room = await testCoordinator({ store });
  await submit(room);
  const endpoint = { url: room.url, token: room.tokens.join };
  const { client, welcome } = await joinAs(endpoint, { name: 'loud one' });
  client.send({ type: 'pull', want: 1 });
  await client.next('lease');
  const other = await joinAs(endpoint);
  other.client.send({ type: 'pull', want: 1 });
  const answer = await post(room, `/api/workers/${welcome.workerId}/remove`);
  expect(removeAnswer.parse(await answer.json())).toEqual({ workerId: welcome.workerId, name: 'loud one' });
  expect(await client.closed).toBe(4410);
  expect((await other.client.next('lease')).work.kind).toBe('train');

  const identity = { workerId: welcome.workerId, secret: welcome.secret ?? '' };
  const back = await connect(endpoint);
  back.send(workerHello({ identity }));
  expect(await back.next('error')).toMatchObject({ code: 'E_REMOVED' });
  expect(await back.closed).toBe(4410);
  // The same person may join anew.
  expect((await joinAs(endpoint)).welcome.workerId).not.toBe(welcome.workerId);

  expect((await post(room, '/api/room/open')).status).toBe(200);
  expect((await joinAs(endpoint, { identity })).welcome.workerId).toBe(welcome.workerId);
  expect((await store.load()).workers.find(({ workerId }) => workerId === welcome.workerId)?.removedAt).toBeNull();
});

test('[G2] the lesson ends and goes on: sweeps pause, workers are told, viewers see it', async () => {
  const room = await testCoordinator();
  const { sweepId } = await submit(room);
  const endpoint = { url: room.url, token: room.tokens.join };
  const { client } = await joinAs(endpoint);
  client.send({ type: 'pull', want: 1 });
  const { lease } = await client.next('lease');
  const ended = roomCommandAnswer.parse(await (await post(room, '/api/room/end')).json());
  expect(ended).toEqual({ state: 'ended', pausedSweeps: [sweepId] });
  expect(await client.next('revoke')).toMatchObject({ lease, checkpointFirst: true });
  expect(await client.next('room')).toMatchObject({
    state: 'ended',
    message: expect.stringContaining('lesson is over'),
  });
  expect(await (await room.request('/api/stats', { role: 'viewer' })).json()).toMatchObject({ roomState: 'ended' });
  client.send({ type: 'release', lease, reason: 'paused', checkpoint: null });
  await client.next('settled');
  client.send({ type: 'pull', want: 1 });
  await client.settled();
  const late = await joinAs(endpoint);
  expect((await late.client.next('room')).state).toBe('ended');
  const opened = roomCommandAnswer.parse(await (await post(room, '/api/room/open')).json());
  expect(opened).toEqual({ state: 'open', pausedSweeps: [] });
  expect((await client.next('lease')).work.kind).toBe('train');
});

test('[G3] only the admin steers, and what cannot be done says why', async () => {
  const room = await testCoordinator();
  const judge = await joinAs({ url: room.url, token: room.tokens.trusted }, { kind: 'evaluate', name: 'judge' });
  expect((await post(room, '/api/room/end', 'trusted')).status).toBe(403);
  const refusals = [
    [`/api/workers/${judge.welcome.workerId}/remove`, 409, 'E_CONFLICT'],
    ['/api/workers/nobody/remove', 404, 'E_NOT_FOUND'],
    ['/api/room/close', 404, 'E_NOT_FOUND'],
  ] as const;
  for (const [path, status, why] of refusals) {
    const answer = await post(room, path);
    expect([path, answer.status, await code(answer)]).toEqual([path, status, why]);
  }
});
