import { expect } from '@jest/globals';
import type { MetricsAnswer, TrialView } from '@gradpool/protocol';
import { cleanUpAfterEach, inBrowser } from './browser-test.ts';
import { openBrowser } from './browser.ts';
import { call, joinLink, startCoordinator, startWorker, submit, type Coordinator } from './cluster.ts';
import { freePort } from './free-port.ts';
import { connected, finished } from './pooled-trial.ts';

cleanUpAfterEach();

/**
 * The CNN autoencoder on real MNIST, steps of 2,048 images, since in shorter ones two Node workers are done before a tab has its parameters:
 * `pooled` is how they are shared, or the same batch for one worker alone.
 */
const cnn = (name: string, pooled: string): string => `
name: ${name}
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  model: { value: cnn }
  latent: { value: 16 }
  train_images: { value: 24000 }
  validation_images: { value: 2000 }
  epochs: { value: 10 }
  learning_rate: { value: 0.004 }
${pooled}
seeds: { count: 1 }
`;
const exact = 'pooled: { mode: exact, micro_batch: 32, micro_batches: 64 }';
const local = 'pooled: { mode: local }';

/** MSE on the validation images, by epoch. */
async function validated(coordinator: Coordinator, { trialId }: TrialView): Promise<Map<number, number>> {
  const { points } = await call<MetricsAnswer>(coordinator, `/api/trials/${trialId}/metrics`);
  return new Map(points.flatMap(({ name, epoch, value }) => (name === 'validation_mse' ? [[epoch, value]] : [])));
}

inBrowser(
  'two Node workers and two tabs train one CNN to the error of one worker alone, within a hundredth',
  async () => {
    const coordinator = await startCoordinator({ port: await freePort() });
    startWorker(coordinator, 0, 'evaluate');
    startWorker(coordinator, 0);
    const alone = await finished(
      coordinator,
      await submit(coordinator, cnn('alone', '  batch_size: { value: 2048 }')),
      600_000,
    );
    startWorker(coordinator, 1);
    // Each in a window of its own: Chromium gives a hidden tab what processor time is left over, and nothing is here.
    for (let tab = 0; tab < 2; tab += 1) {
      const device = await (await openBrowser()).newContext();
      await (await device.newPage()).goto(joinLink(coordinator));
    }
    await connected(coordinator, 4);
    const [pooled, averaged] = [
      await finished(coordinator, await submit(coordinator, cnn('together', exact)), 600_000),
      await finished(coordinator, await submit(coordinator, cnn('averaged', local)), 600_000),
    ];
    // Local mode promises no such figure: its steps are of 16 images.
    process.stdout.write(`alone ${alone.score}, exact ${pooled.score}, local ${averaged.score}\n`);
    for (const trial of [pooled, averaged]) {
      expect(trial).toMatchObject({ state: 'complete', errors: 0 });
      const helpers = new Set(trial.segments.map(({ worker }) => worker));
      process.stdout.write(`${helpers.size} trained together\n`);
      expect(helpers.size).toBe(4);
    }
    expect(Math.abs(pooled.score! / alone.score! - 1)).toBeLessThan(0.01);
    const [byOne, byAll] = [await validated(coordinator, alone), await validated(coordinator, pooled)];
    // The evaluator may skip epochs of a pooled run that end faster than it judges.
    const epoch = Math.max(...[...byAll.keys()].filter((each) => byOne.has(each)));
    process.stdout.write(`validation after epoch ${epoch}: alone ${byOne.get(epoch)}, exact ${byAll.get(epoch)}\n`);
    expect(epoch).toBeGreaterThan(5);
    expect(Math.abs(byAll.get(epoch)! / byOne.get(epoch)! - 1)).toBeLessThan(0.01);
  },
  1_200_000,
);
