import { expect } from '@jest/globals';
import type { TrialView } from '@gradpool/protocol';
import { cleanUpAfterEach, inBrowser } from './browser-test.ts';
import { openBrowser } from './browser.ts';
import { type Coordinator, joinLink, startCoordinator, startWorker, submit, sweepOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { connected, finished } from './pooled-trial.ts';
import { eventually } from './processes.ts';

cleanUpAfterEach();

/** The CNN autoencoder on real MNIST, steps of 128 images: `pooled` is how they are shared, or empty for one worker alone. */
const cnn = (name: string, pooled: string): string => `
name: ${name}
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  model: { value: cnn }
  latent: { value: 16 }
  train_images: { value: 6000 }
  validation_images: { value: 2000 }
  epochs: { value: 3 }
${pooled}
seeds: { count: 1 }
`;
const exact = 'pooled: { mode: exact, micro_batch: 16, micro_batches: 8 }';

/** Two Node workers and two tabs, all of which have computed something that counted. */
async function together(coordinator: Coordinator, sweep: string): Promise<TrialView> {
  await eventually('all four have helped', 300_000, async () => {
    const [run] = (await sweepOf(coordinator, sweep)).pooledRuns;
    return run && run.helpers.length >= 4 ? true : undefined;
  });
  return finished(coordinator, sweep, 600_000);
}

inBrowser(
  'two Node workers and two tabs train one CNN to the error of one worker alone, within a hundredth',
  async () => {
    const coordinator = await startCoordinator({ port: await freePort() });
    startWorker(coordinator, 0, 'evaluate');
    startWorker(coordinator, 0);
    const alone = await finished(
      coordinator,
      await submit(coordinator, cnn('alone', '  batch_size: { value: 128 }')),
      600_000,
    );
    startWorker(coordinator, 1);
    const device = await (await openBrowser()).newContext();
    for (let tab = 0; tab < 2; tab += 1) await (await device.newPage()).goto(joinLink(coordinator));
    await connected(coordinator, 4);
    const pooled = await together(coordinator, await submit(coordinator, cnn('together', exact)));
    process.stdout.write(`alone ${alone.score}, together ${pooled.score}\n`);
    expect(pooled).toMatchObject({ state: 'complete', errors: 0 });
    expect(Math.abs(pooled.score! / alone.score! - 1)).toBeLessThan(0.01);
  },
  1_200_000,
);
