import { afterEach, expect, test } from '@jest/globals';
import type { AttemptsAnswer, MetricsAnswer } from '@gradpool/protocol';
import { call, completes, startCoordinator, startWorker, submit, sweepOf, trialsOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { stopAll } from './processes.ts';

afterEach(stopAll);

/** Two classifiers of pixels, one of which hardly learns: compared after one and two epochs of four. */
const search = `
name: search
method: grid
parameters:
  task: { value: classify }
  features: { value: pixels }
  latent: { value: 2 }
  labels: { value: 500 }
  classifier_hidden: { value: [16] }
  classifier_epochs: { value: 4 }
  classifier_learning_rate: { values: [0.000001, 0.01] }
  train_images: { value: 1000 }
  validation_images: { value: 200 }
early_terminate: { type: asha, eta: 2, min_iter: 1 }
seeds: { count: 1 }
`;

test('of two trials that real workers train, the one that loses its rung is stopped there and the other goes on to its verified end', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  startWorker(coordinator, 0, 'evaluate');
  const worker = startWorker(coordinator, 0);
  const sweep = await submit(coordinator, search);
  await completes(coordinator, sweep);
  const trials = await trialsOf(coordinator, sweep);
  const rateOf = ({ parameters }: (typeof trials)[number]): unknown => parameters['classifier_learning_rate'];
  const [lost, won] = trials.toSorted((a, b) => Number(rateOf(a)) - Number(rateOf(b)));
  if (!lost || !won) throw new Error('there are two trials');
  // Of two, the one with the lower accuracy: it has no result, and no weights were kept.
  expect(lost).toMatchObject({ state: 'pruned', score: null, weights: null, errors: 0 });
  expect(lost.rungs?.pruned).toMatchObject({ epoch: 1, place: 2, of: 2, kept: 1 });
  expect(lost.rungs?.figures).toEqual([{ epoch: 1, validation: lost.rungs?.pruned?.mean }]);
  expect(won).toMatchObject({ state: 'complete', rungs: { untilEpoch: 4, pruned: null } });
  expect(won.rungs?.figures[0]?.validation).toBeGreaterThan(lost.rungs?.figures[0]?.validation ?? 1);
  expect((await sweepOf(coordinator, sweep)).epochsSaved).toBe(3);
  // The worker trained one epoch of it and handed it back, as it had been told to.
  const { attempts } = await call<AttemptsAnswer>(coordinator, `/api/trials/${lost.trialId}/attempts`);
  expect(attempts).toMatchObject([{ state: 'released', fromEpoch: 0, toEpoch: 1, errorCode: null }]);
  const { points } = await call<MetricsAnswer>(coordinator, `/api/trials/${lost.trialId}/metrics`);
  expect(new Set(points.map(({ epoch }) => epoch))).toEqual(new Set([1]));
  expect(worker.output()).not.toMatch(/E_/);
});
