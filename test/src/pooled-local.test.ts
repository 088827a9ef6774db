import { afterEach, expect, test } from '@jest/globals';
import { startCoordinator, startWorker, submit, sweepOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { finished, pooledSweep } from './pooled-trial.ts';
import { eventually, stopAll } from './processes.ts';

afterEach(stopAll);

const sweepText = pooledSweep({
  ...{ name: 'local', epochs: 6, trainImages: 5000 },
  ...{ pooled: '{ mode: local }', optimizer: 'adamw' },
});

test('[D4] two workers train one trial in local mode to its verified end, one of them killed and another come anew', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  startWorker(coordinator, 0, 'evaluate');
  const [first] = [startWorker(coordinator, 0), startWorker(coordinator, 1)];
  const sweep = await submit(coordinator, sweepText);
  const run = await eventually('both have lanes in some round', async () => {
    const [view] = (await sweepOf(coordinator, sweep)).pooledRuns;
    return view && view.round >= 3 && view.helpers.length === 2 ? view : undefined;
  });
  expect(run.local?.lanes).toBe(2);
  first.child.kill('SIGKILL');
  startWorker(coordinator, 2);
  const trial = await finished(coordinator, sweep);
  expect(trial).toMatchObject({ state: 'complete', errors: 0, bitExact: false });
  expect(trial.images).toBeGreaterThanOrEqual(30_000);
  // An untrained network is near 0.23.
  expect(trial.score).toBeLessThan(0.1);
});
