import { afterEach, expect, test } from '@jest/globals';
import type { TrialView } from '@gradpool/protocol';
import { type Coordinator, startCoordinator, startWorker, submit, trialsOf, workersOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { eventually, type Running, stopAll } from './processes.ts';

afterEach(stopAll, 20_000);

// The last round of an epoch has fewer micro-batches, and the last of those fewer images.
const sweepText = (name: string): string => `
name: ${name}
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  latent: { value: 4 }
  noise: { value: 0.3 }
  hidden: { value: [32] }
  train_images: { value: 1250 }
  validation_images: { value: 0 }
  epochs: { value: 4 }
  learning_rate: { value: 0.005 }
pooled: { mode: exact, micro_batch: 16, micro_batches: 8 }
seeds: { count: 1 }
`;

async function finished(coordinator: Coordinator, sweep: string): Promise<TrialView> {
  return eventually('the pooled trial is verified', 150_000, async () => {
    const [trial] = await trialsOf(coordinator, sweep);
    return trial?.state === 'complete' || trial?.state === 'failed' ? trial : undefined;
  });
}

/** Leases that workers have answered since this coordinator started. */
async function answeredBy(coordinator: Coordinator): Promise<number> {
  const metrics = await fetch(`${coordinator.url}/metrics`, {
    headers: { authorization: `Bearer ${coordinator.tokens.viewer}` },
  });
  const line = /^gradpool_messages_in_total\{type="result"\} (\d+)/m.exec(await metrics.text());
  return Number(line?.[1] ?? 0);
}

async function answered(coordinator: Coordinator, results: number): Promise<void> {
  await eventually(`${results} leases are answered`, 90_000, async () =>
    (await answeredBy(coordinator)) >= results ? true : undefined,
  );
}

async function connected(coordinator: Coordinator, trainers: number): Promise<void> {
  await eventually(`${trainers} trainers are connected`, 60_000, async () => {
    const here = (await workersOf(coordinator)).filter((worker) => worker.connected && worker.kind === 'train');
    return here.length === trainers ? true : undefined;
  });
}

test('1, 2 and 5 workers end with the same weights, and so does a run whose workers and coordinator are killed', async () => {
  const port = await freePort();
  const before = await startCoordinator({ port });
  startWorker(before, 0, 'evaluate');
  const workers: Running[] = [];
  const trained: TrialView[] = [];
  for (const count of [1, 2, 5]) {
    while (workers.length < count) workers.push(startWorker(before, workers.length));
    await connected(before, count);
    trained.push(await finished(before, await submit(before, sweepText(`by-${count}`))));
  }
  const [alone] = trained;
  expect(alone).toMatchObject({ state: 'complete', images: 5_000, bitExact: true });
  // An untrained network is near 0.23.
  expect(alone?.score).toBeLessThan(0.1);
  for (const { weights, score } of trained) expect([weights, score]).toEqual([alone?.weights, alone?.score]);

  const soFar = await answeredBy(before);
  const sweep = await submit(before, sweepText('disturbed'));
  await answered(before, soFar + 12);
  for (const worker of workers.slice(0, 2)) worker.child.kill('SIGKILL');
  startWorker(before, 5);
  await answered(before, soFar + 40);
  before.process.child.kill('SIGKILL');
  await before.process.exited;
  const after = await startCoordinator({ port, dataDir: before.dataDir });
  const disturbed = await finished(after, sweep);
  expect(disturbed).toMatchObject({ state: 'complete', weights: alone?.weights, score: alone?.score, errors: 0 });
}, 600_000);
