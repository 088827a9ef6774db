import { afterEach, expect, test } from '@jest/globals';
import type { TrialView } from '@gradpool/protocol';
import { startCoordinator, startWorker, submit } from './cluster.ts';
import { freePort } from './free-port.ts';
import { answered, answeredBy, connected, exactSweep, finished } from './pooled-trial.ts';
import { type Running, stopAll } from './processes.ts';

afterEach(stopAll);

test('1, 2 and 5 workers end with the same weights, and so does a run whose workers and coordinator are killed', async () => {
  const port = await freePort();
  const before = await startCoordinator({ port });
  startWorker(before, 0, 'evaluate');
  const workers: Running[] = [];
  const trained: TrialView[] = [];
  for (const count of [1, 2, 5]) {
    while (workers.length < count) workers.push(startWorker(before, workers.length));
    await connected(before, count);
    trained.push(await finished(before, await submit(before, exactSweep(`by-${count}`, 4))));
  }
  const [alone] = trained;
  expect(alone).toMatchObject({ state: 'complete', images: 5_000, bitExact: true });
  // An untrained network is near 0.23.
  expect(alone?.score).toBeLessThan(0.1);
  for (const { weights, score } of trained) expect([weights, score]).toEqual([alone?.weights, alone?.score]);

  const soFar = await answeredBy(before);
  const sweep = await submit(before, exactSweep('disturbed', 4));
  await answered(before, soFar + 12);
  for (const worker of workers.slice(0, 2)) worker.child.kill('SIGKILL');
  startWorker(before, 5);
  await answered(before, soFar + 40);
  before.process.child.kill('SIGKILL');
  await before.process.exited;
  const after = await startCoordinator({ port, dataDir: before.dataDir });
  const disturbed = await finished(after, sweep);
  expect(disturbed).toMatchObject({ state: 'complete', weights: alone?.weights, score: alone?.score, errors: 0 });
});
