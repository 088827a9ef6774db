import { afterEach, expect, test } from '@jest/globals';
import { startCoordinator, startWorker, submit, trialsOf, workersOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { eventually, stopAll } from './processes.ts';

afterEach(stopAll);

const longSweep = `
name: kill-a-worker
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  latent: { value: 8 }
  noise: { value: 0.3 }
  hidden: { value: [128] }
  train_images: { value: 20000 }
  validation_images: { value: 500 }
  epochs: { value: 2000 }
seeds: { count: 1 }
`;

test('a worker killed in mid-trial is noticed within 10 s and its trial goes on from a checkpoint within 15 s', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  const first = startWorker(coordinator, 0);
  const sweep = await submit(coordinator, longSweep);
  const checkpointed = await eventually('the coordinator knows a checkpoint some epochs in', async () => {
    const [trial] = await trialsOf(coordinator, sweep);
    const epoch = trial?.segments.at(-1)?.toEpoch ?? 0;
    return epoch >= 3 ? epoch : undefined;
  });

  const second = startWorker(coordinator, 1);
  await eventually('the second worker is connected', async () => {
    const workers = await workersOf(coordinator);
    return workers.filter(({ connected }) => connected).length === 2 ? true : undefined;
  });
  const killedAt = performance.now();
  first.child.kill('SIGKILL');

  await eventually(
    'the loss is seen',
    async () => {
      const workers = await workersOf(coordinator);
      return workers.find(({ name }) => name === 'worker-0')?.connected === false ? true : undefined;
    },
    10_000,
  );
  const resumed = await eventually(
    'the second worker trains on',
    async () => {
      const workers = await workersOf(coordinator);
      return workers.find(({ name }) => name === 'worker-1')?.leases.find(({ fraction }) => fraction > 0);
    },
    15_000 - (performance.now() - killedAt),
  );
  // Seen soon after its begin, a fresh trial would be in its first epochs.
  expect(resumed.epoch).toBeGreaterThanOrEqual(checkpointed);
  const [trial] = await trialsOf(coordinator, sweep);
  expect(trial?.state).toBe('running');
  expect(trial?.errors).toBe(0);
  expect(second.child.exitCode).toBeNull();
});
