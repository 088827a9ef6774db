import { supportedVersions, type ServerMessage } from '@gradpool/protocol';
import { afterEach, expect, test } from '@jest/globals';
import { submit } from '../testing/sweeps.ts';
import { connect, joinAs } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { trainOutcome, weightsFor } from '../testing/weights.ts';

afterEach(stopTestCoordinators);

async function watchRoom(room: TestCoordinator) {
  const client = await connect({ url: room.url, token: room.tokens.viewer });
  client.send({ type: 'watch', versions: supportedVersions });
  return { client, snapshot: await client.next('snapshot') };
}

type Changes = Extract<ServerMessage, { type: 'changes' }>;

test('[F1] a viewer gets a snapshot, then what changed, points and ranked cells among it', async () => {
  const room = await testCoordinator({ limits: { changesMs: 5, rankingMs: 0 } });
  const { sweepId } = await submit(room);
  const trainer = await joinAs({ url: room.url, token: room.tokens.join }, { name: 'trainer' });
  const evaluator = await joinAs({ url: room.url, token: room.tokens.trusted }, { kind: 'evaluate' });
  const { client, snapshot } = await watchRoom(room);
  expect(snapshot.sweeps.map((sweep) => sweep.sweepId)).toEqual([sweepId]);
  expect(snapshot.workers.map(({ name }) => name)).toContain('trainer');

  trainer.client.send({ type: 'pull', want: 1 });
  const { lease, work } = await trainer.client.next('lease');
  if (work.kind !== 'train') throw new Error(work.kind);
  const points = [{ epoch: 1, name: 'train_mse', value: 0.2 }];
  trainer.client.send({
    type: 'progress',
    lease,
    epoch: 1,
    epochs: 1,
    fraction: 0.5,
    loss: 0.2,
    imagesPerSecond: 50,
    points,
  });
  const weights = await room.putArtifact(weightsFor(work.spec));
  trainer.client.send({ type: 'result', lease, outcome: trainOutcome(weights) });
  evaluator.client.send({ type: 'pull', want: 1 });
  const judged = await evaluator.client.next('lease');
  const verdict = { kind: 'verify', score: 0.05, measures: {}, details: null, reason: null, durationMs: 1 } as const;
  evaluator.client.send({ type: 'result', lease: judged.lease, outcome: verdict });

  const seen: Changes[] = [];
  while (!seen.some(({ cells }) => cells.length > 0)) seen.push(await client.next('changes'));
  expect(seen.flatMap((changes) => changes.points)).toEqual([{ trialId: work.trialId, attempt: 1, point: points[0] }]);
  expect(seen.flatMap((changes) => changes.trials).at(-1)).toMatchObject({
    trialId: work.trialId,
    state: 'complete',
    score: 0.05,
  });
  expect(seen.flatMap((changes) => changes.cells)).toMatchObject([{ sweepId, row: { n: 1, mean: 0.05 } }]);
  expect(seen.at(-1)?.stats.bytesIn).toBeGreaterThan(0);
});

test('[F2] changes are gathered: many in one interval make one message', async () => {
  const room = await testCoordinator({ limits: { changesMs: 1_000_000 } });
  const { client } = await watchRoom(room);
  for (const name of ['a', 'b', 'c']) await joinAs({ url: room.url, token: room.tokens.join }, { name });
  await client.settled();
  expect(client.received.filter(({ type }) => type === 'changes')).toEqual([]);
  room.flushFeed();
  const changes = await client.next('changes');
  expect(changes.workers.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('[F6] while a trial trains, viewers get the time that is left anew', async () => {
  const room = await testCoordinator({ limits: { changesMs: 5, estimateMs: 0 } });
  const { sweepId } = await submit(room);
  const trainer = await joinAs({ url: room.url, token: room.tokens.join }, { name: 'trainer' });
  trainer.client.send({ type: 'pull', want: 1 });
  const { lease } = await trainer.client.next('lease');
  const { client } = await watchRoom(room);
  const report = { type: 'progress', lease, epoch: 1, epochs: 1, loss: 0.2, imagesPerSecond: 50 } as const;
  for (const fraction of [0.25, 0.75]) {
    trainer.client.send({ ...report, fraction, points: [] });
    const told = ({ workers }: Changes): boolean => workers[0]?.leases[0]?.fraction === fraction;
    let changes = await client.next('changes');
    while (!told(changes)) changes = await client.next('changes');
    const sweeps = changes.sweeps.map((sweep) => sweep.sweepId);
    expect({ fraction, sweeps }).toEqual({ fraction, sweeps: [sweepId] });
  }
});

test('[F2] nothing is sent where nothing has changed', async () => {
  const room = await testCoordinator({ limits: { changesMs: 1_000_000, pingMs: 1_000_000 } });
  const { client } = await watchRoom(room);
  room.flushFeed();
  await client.next('changes');
  room.flushFeed();
  room.flushFeed();
  await client.settled();
  const rows = client.received.flatMap((message) =>
    message.type === 'changes' ? [...message.workers, ...message.sweeps] : [],
  );
  expect(rows).toEqual([]);
});

test('[F5] the rows of a crowd go out less often, metric points all the same', async () => {
  let now = 1_000_000;
  const room = await testCoordinator({
    clock: () => now,
    limits: { changesMs: 1_000_000, pingMs: 1_000_000, crowdMin: 2 },
  });
  await submit(room);
  const { client } = await watchRoom(room);
  const endpoint = { url: room.url, token: room.tokens.join };
  const trainer = await joinAs(endpoint, { name: 'trainer' });
  const others = [await joinAs(endpoint), await joinAs(endpoint), await joinAs(endpoint)];
  room.flushFeed();
  expect((await client.next('changes')).workers).toHaveLength(4);
  trainer.client.send({ type: 'pull', want: 1 });
  const { lease } = await trainer.client.next('lease');
  for (const { client: other } of others) other.close();
  for (const { client: other } of others) await other.closed;
  const position = { epoch: 1, epochs: 1, fraction: 0.5, loss: 0.2, imagesPerSecond: 50 };
  trainer.client.send({ type: 'progress', lease, ...position, points: [{ epoch: 1, name: 'train_mse', value: 0.2 }] });
  await trainer.client.settled();
  room.flushFeed();
  expect(await client.next('changes')).toMatchObject({ workers: [], points: [{ point: { value: 0.2 } }] });
  now += 1_000;
  room.flushFeed();
  expect((await client.next('changes')).workers).toHaveLength(4);
});

test('[F4] a stop is told to everybody', async () => {
  const room = await testCoordinator();
  const { client } = await watchRoom(room);
  const worker = await joinAs({ url: room.url, token: room.tokens.join });
  await room.stop();
  expect((await client.next('closing')).reconnectMs).toBeGreaterThan(0);
  expect((await worker.client.next('closing')).reconnectMs).toBeGreaterThan(0);
  expect(await worker.client.closed).toBe(4503);
});
