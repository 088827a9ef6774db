import { afterEach, expect, test } from '@jest/globals';
import { completes, startCoordinator, startWorker, submit, sweepOf, trialsOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { eventually, stopAll } from './processes.ts';

afterEach(stopAll);

const sweepText = `
name: kill-the-coordinator
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  latent: { values: [2, 4, 8, 16] }
  noise: { values: [0, 0.3] }
  hidden: { value: [32] }
  train_images: { value: 4000 }
  validation_images: { value: 200 }
  epochs: { value: 4 }
seeds: { count: 1 }
`;

test('a coordinator killed in mid-sweep goes on: no finished trial is lost or repeated', async () => {
  const port = await freePort();
  const before = await startCoordinator({ port });
  startWorker(before, 0);
  startWorker(before, 1);
  startWorker(before, 0, 'evaluate');
  const sweep = await submit(before, sweepText);
  const finished = await eventually('two verified trials', async () => {
    const done = (await trialsOf(before, sweep)).filter(({ state }) => state === 'complete');
    return done.length >= 2 ? done : undefined;
  });
  before.process.child.kill('SIGKILL');
  await before.process.exited;

  const after = await startCoordinator({ port, dataDir: before.dataDir });
  await eventually('a worker works again', async () => {
    const { trials } = await sweepOf(after, sweep);
    return trials.running > 0 || trials.complete > finished.length ? true : undefined;
  });
  await completes(after, sweep);
  const trials = await trialsOf(after, sweep);
  expect(trials.map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => 'complete'));
  for (const trial of finished) {
    const now = trials.find(({ trialId }) => trialId === trial.trialId);
    expect(now).toEqual(trial);
  }
  expect(trials.every(({ errors }) => errors === 0)).toBe(true);
});
