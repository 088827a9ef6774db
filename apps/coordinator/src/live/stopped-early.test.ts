import { afterEach, expect, test } from '@jest/globals';
import { submit } from '../testing/sweeps.ts';
import { joinAs, type TestClient } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator } from '../testing/test-coordinator.ts';

afterEach(stopTestCoordinators);

/** Two classifiers of pixels, compared after one of three epochs. */
const search = {
  name: 'search',
  parameters: {
    ...{ task: { value: 'classify' }, features: { value: 'pixels' }, latent: { value: 1 } },
    ...{ classifier_hidden: { values: [[1], [2]] }, classifier_epochs: { value: 3 } },
  },
  early_terminate: { type: 'asha', eta: 2, min_iter: 1 },
};

async function granted(client: TestClient) {
  client.send({ type: 'pull', want: 1 });
  const { lease, work } = await client.next('lease');
  if (work.kind !== 'train') throw new Error(work.kind);
  return { lease, work };
}

test('[H2] [H4] [H8] a worker is told where to stop; of what it hands back the worse trial is pruned and the better one goes on', async () => {
  const room = await testCoordinator();
  await submit(room, search);
  const { client } = await joinAs({ url: room.url, token: room.tokens.join });
  const checkpoint = await room.putArtifact(Uint8Array.of(1, 2, 3, 4));
  const trials = [];
  for (const validation of [0.9, 0.4]) {
    const { lease, work } = await granted(client);
    expect(work).toMatchObject({ stopAfter: 1, metric: 'test_accuracy', resume: null });
    client.send({
      ...{ type: 'release', lease, reason: 'stopped after epoch 1, as asked' },
      checkpoint: { epoch: 1, artifact: checkpoint as never, numericClass: 'test' },
      rung: { epoch: 1, validation },
    });
    expect(await client.next('settled')).toMatchObject({ lease, accepted: true });
    trials.push(work.trialId);
  }
  const [better, worse] = trials;
  await room.room.loop.settled();
  expect(room.room.trial(worse!)).toMatchObject({
    state: 'pruned',
    rungs: { pruned: { epoch: 1, place: 2, of: 2, kept: 1, mean: 0.4 } },
  });
  // The one that goes on is all there is to do, from where it was.
  const next = await granted(client);
  expect(next.work).toMatchObject({ trialId: better, stopAfter: 2, resume: { epoch: 1 } });
  client.send({ type: 'pull', want: 1 });
  await client.settled();
  expect(client.received.filter(({ type }) => type === 'lease')).toEqual([]);
});
