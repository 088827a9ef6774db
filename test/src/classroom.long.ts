import { afterEach, expect, test } from '@jest/globals';
import { closeBrowsers, openBrowser, whyNoBrowser } from './browser.ts';
import { completes, startCoordinator, startWorker, submit, trialsOf, workersOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { eventually, stopAll } from './processes.ts';

afterEach(async () => {
  await closeBrowsers();
  await stopAll();
}, 30_000);

const tabs = 8;
const sweepText = `
name: classroom
method: grid
metric: { name: test_mse, goal: minimize }
parameters:
  latent: { values: [2, 3, 4, 6, 8, 12, 16, 32] }
  noise: { values: [0, 0.3, 0.9] }
  hidden: { value: [64] }
  train_images: { value: 6000 }
  validation_images: { value: 500 }
  epochs: { value: 40 }
seeds: { count: 1 }
`;

(whyNoBrowser === null ? test : test.skip)(
  whyNoBrowser === null
    ? 'eight tabs and two Node workers finish 24 cells, while three tabs are closed and two reloaded'
    : `eight tabs and two Node workers (skipped: ${whyNoBrowser})`,
  async () => {
    const coordinator = await startCoordinator({ port: await freePort() });
    startWorker(coordinator, 0, 'evaluate');
    startWorker(coordinator, 0);
    startWorker(coordinator, 1);
    const sweep = await submit(coordinator, sweepText);
    const device = await (await openBrowser()).newContext();
    const open = async () => {
      const page = await device.newPage();
      await page.goto(`${coordinator.url}/join#t=${coordinator.tokens.join}`);
      return page;
    };
    const pages = [];
    for (let tab = 0; tab < tabs; tab += 1) pages.push(await open());
    await eventually('every tab trains, as a worker of its own', 180_000, async () => {
      const workers = await workersOf(coordinator);
      const training = workers.filter(({ connected, kind, leases }) => connected && kind === 'train' && leases[0]);
      return training.length === tabs + 2 ? true : undefined;
    });
    await Promise.all(pages.slice(0, 3).map((page) => page.close()));
    await Promise.all(pages.slice(3, 5).map((page) => page.reload()));
    await completes(coordinator, sweep, 900_000);
    const trials = await trialsOf(coordinator, sweep);
    expect(trials).toHaveLength(24);
    expect(trials.every(({ state, errors, testMse }) => state === 'complete' && errors === 0 && testMse !== null)).toBe(
      true,
    );
    // A reloaded tab comes back as the worker that it was.
    const trainers = (await workersOf(coordinator)).filter(({ kind }) => kind === 'train');
    expect(trainers).toHaveLength(tabs + 2);
  },
  1_200_000,
);
