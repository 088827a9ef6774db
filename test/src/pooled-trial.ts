import type { TrialView } from '@gradpool/protocol';
import { type Coordinator, trialsOf, workersOf } from './cluster.ts';
import { eventually } from './processes.ts';

interface PooledTrial {
  readonly name: string;
  readonly epochs: number;
  readonly trainImages: number;
  /** Values of the key `pooled`, as YAML. */
  readonly pooled: string;
  readonly optimizer?: 'adam' | 'adamw';
}

/** A sweep of one small trial that many train together; its name does not change its weights. */
export const pooledSweep = ({ name, epochs, trainImages, pooled, optimizer = 'adam' }: PooledTrial): string => `
name: ${name}
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  latent: { value: 4 }
  noise: { value: 0.3 }
  hidden: { value: [32] }
  train_images: { value: ${trainImages} }
  validation_images: { value: 0 }
  epochs: { value: ${epochs} }
  learning_rate: { value: 0.005 }
  optimizer: { value: ${optimizer} }
pooled: ${pooled}
seeds: { count: 1 }
`;

/** In exact mode. The last round of an epoch has fewer micro-batches, and the last of those fewer images. */
export const exactSweep = (name: string, epochs: number): string =>
  pooledSweep({ name, epochs, trainImages: 1250, pooled: '{ mode: exact, micro_batch: 16, micro_batches: 8 }' });

/** Waits for the only trial of a sweep to be verified, or to fail. */
export async function finished(coordinator: Coordinator, sweep: string, withinMs?: number): Promise<TrialView> {
  return eventually(
    'the pooled trial is verified',
    async () => {
      const [trial] = await trialsOf(coordinator, sweep);
      return trial?.state === 'complete' || trial?.state === 'failed' ? trial : undefined;
    },
    withinMs,
  );
}

/** Leases that workers have answered since this coordinator started. */
export async function answeredBy(coordinator: Coordinator): Promise<number> {
  const metrics = await fetch(`${coordinator.url}/metrics`, {
    headers: { authorization: `Bearer ${coordinator.tokens.viewer}` },
  });
  const line = /^gradpool_messages_in_total\{type="result"\} (\d+)/m.exec(await metrics.text());
  return Number(line?.[1] ?? 0);
}

export async function answered(coordinator: Coordinator, results: number): Promise<void> {
  await eventually(`${results} leases are answered`, async () =>
    (await answeredBy(coordinator)) >= results ? true : undefined,
  );
}

export async function connected(coordinator: Coordinator, trainers: number): Promise<void> {
  await eventually(`${trainers} trainers are connected`, async () => {
    const here = (await workersOf(coordinator)).filter((worker) => worker.connected && worker.kind === 'train');
    return here.length === trainers ? true : undefined;
  });
}
