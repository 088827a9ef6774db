import { reconstructionsAnswer, type MessageOf, type MetricsAnswer, type Work } from '@gradpool/protocol';
import { sampleLimits } from '@gradpool/experiment';
import { afterEach, expect, test } from '@jest/globals';
import { submit } from '../testing/sweeps.ts';
import { joinAs, type TestClient } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { digestOf } from '../testing/weights.ts';
import { answer, honestSum, pooledSweep, pull, trainedWeights } from './pooled-fixture.ts';

afterEach(stopTestCoordinators);

const judgedSweep = { ...pooledSweep, parameters: { ...pooledSweep.parameters, validation_images: { value: 100 } } };

type Validation = MessageOf<'lease'> & { readonly work: Extract<Work, { kind: 'validate' }> };

const join = async (room: TestCoordinator, kind: 'train' | 'evaluate'): Promise<TestClient> => {
  const token = kind === 'train' ? room.tokens.join : room.tokens.trusted;
  return (await joinAs({ url: room.url, token }, { kind, slots: kind === 'train' ? 1 : 2 })).client;
};

/** Trains whole epochs of ten rounds. */
async function train(room: TestCoordinator, client: TestClient, epochs: number): Promise<void> {
  for (let round = 0; round < 10 * epochs; round += 1) {
    const lease = await pull(client);
    await answer(room, client, lease, honestSum(lease));
    expect(await client.next('settled')).toMatchObject({ accepted: true });
  }
}

async function validation(client: TestClient): Promise<Validation> {
  const lease = await client.next('lease');
  if (lease.work.kind !== 'validate') throw new Error(`a lease of ${lease.work.kind}`);
  return lease as Validation;
}

const pictures = new Uint8Array(sampleLimits.imagesMax * 28 * 28).fill(3);

/** What an evaluator says of it. */
function judged(client: TestClient, { lease, work }: Validation, value: number): void {
  const { epoch } = work;
  const points = [{ epoch, name: 'validation_mse', value }];
  client.send({ type: 'progress', lease, epoch, epochs: 3, fraction: 1, loss: null, imagesPerSecond: 0, points });
  client.send({ type: 'pictures', lease, epoch, bytes: pictures });
  client.send({ type: 'result', lease, outcome: { kind: 'validate', validationMse: value, durationMs: 1 } });
}

const artifactStatus = async (room: TestCoordinator, sha256: string): Promise<number> =>
  (await room.request(`/api/artifacts/${sha256}`, { role: 'viewer' })).status;

test('[P9] an evaluator judges the epochs of a run beside its rounds; points and pictures are the trial’s, and no bit changes', async () => {
  const plain = await testCoordinator();
  await submit(plain, judgedSweep);
  await train(plain, await join(plain, 'train'), 3);
  const expected = await trainedWeights(plain);

  const room = await testCoordinator();
  await submit(room, judgedSweep);
  const trainer = await join(room, 'train');
  const evaluator = await join(room, 'evaluate');
  await train(room, trainer, 1);
  evaluator.send({ type: 'pull', want: 1 });
  const first = await validation(evaluator);
  const { trialId, parameters } = first.work;
  expect(first.work).toMatchObject({ epoch: 1 });
  const fetched = await room.request(`/api/artifacts/${parameters.sha256}`, { role: 'viewer' });
  expect(digestOf(new Uint8Array(await fetched.arrayBuffer()))).toBe(parameters.sha256);
  // It is slow: the rounds go on meanwhile.
  await train(room, trainer, 2);
  expect(await trainedWeights(room)).toBe(expected);
  judged(evaluator, first, 0.25);
  expect(await evaluator.next('settled')).toMatchObject({ accepted: true });
  expect(await artifactStatus(room, parameters.sha256)).toBe(404);

  evaluator.send({ type: 'pull', want: 2 });
  expect((await evaluator.next('lease')).work.kind).toBe('verify');
  const last = await validation(evaluator);
  expect(last.work).toMatchObject({ epoch: 3, parameters: { sha256: expected } });
  judged(evaluator, last, 0.125);
  await evaluator.next('settled');
  expect(await artifactStatus(room, expected)).toBe(200);
  const { points } = (await (await room.request(`/api/trials/${trialId}/metrics`)).json()) as MetricsAnswer;
  expect(points.filter(({ name }) => name === 'validation_mse')).toEqual([
    { attempt: 1, epoch: 1, name: 'validation_mse', value: 0.25 },
    { attempt: 1, epoch: 3, name: 'validation_mse', value: 0.125 },
  ]);
  const shown = reconstructionsAnswer.parse(
    await (await room.request(`/api/trials/${trialId}/reconstructions`)).json(),
  );
  expect(shown.epochs.map(({ epoch }) => epoch)).toEqual([1, 3]);
  expect(room.room.state.trials.get(trialId)?.row.validationMse).toBe(0.125);
  expect(room.faults).toEqual([]);
});

test('[P9] what an evaluator that leaves had goes to the next one', async () => {
  const room = await testCoordinator();
  await submit(room, judgedSweep);
  const trainer = await join(room, 'train');
  const [gone, other] = [await join(room, 'evaluate'), await join(room, 'evaluate')];
  await train(room, trainer, 1);
  gone.send({ type: 'pull', want: 1 });
  const held = await validation(gone);
  gone.send({ type: 'bye', reason: 'test' });
  await gone.closed;
  other.send({ type: 'pull', want: 1 });
  const { work } = await validation(other);
  expect(work).toEqual(held.work);
  expect(await artifactStatus(room, work.parameters.sha256)).toBe(200);
});

test('[P9] nobody but its holder tells points of a validation, and it stores no checkpoint', async () => {
  const room = await testCoordinator();
  await submit(room, judgedSweep);
  const trainer = await join(room, 'train');
  const [evaluator, other] = [await join(room, 'evaluate'), await join(room, 'evaluate')];
  await train(room, trainer, 1);
  evaluator.send({ type: 'pull', want: 1 });
  const { lease, work } = await validation(evaluator);
  const points = [{ epoch: 1, name: 'validation_mse', value: 9 }];
  other.send({
    ...{ type: 'progress', lease, epoch: 1, epochs: 3, fraction: 1, loss: null, imagesPerSecond: 0, points },
  });
  await other.next('revoke');
  const checkpoint = { epoch: 1, artifact: await room.putArtifact(new Uint8Array(8)), numericClass: 'x' };
  evaluator.send({ type: 'checkpoint', lease, checkpoint: checkpoint as never });
  await evaluator.settled();
  const told = (await (await room.request(`/api/trials/${work.trialId}/metrics`)).json()) as MetricsAnswer;
  expect(told.points.filter(({ name }) => name === 'validation_mse')).toEqual([]);
  expect(room.room.state.trials.get(work.trialId)?.row.checkpoint).toBeNull();
});
