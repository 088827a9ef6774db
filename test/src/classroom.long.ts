import { expect } from '@jest/globals';
import { cleanUpAfterEach, inBrowser } from './browser-test.ts';
import { openBrowser } from './browser.ts';
import { completes, joinLink, startCoordinator, startWorker, submit, trialsOf, workersOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { eventually } from './processes.ts';
import { smallSweep } from './small-sweep.ts';

cleanUpAfterEach();

const tabs = 8;
const sweepText = smallSweep({
  name: 'classroom',
  latents: [2, 3, 4, 6, 8, 12, 16, 32],
  noises: [0, 0.3, 0.9],
  epochs: 40,
});

inBrowser(
  'eight tabs and two Node workers finish 24 cells, while three tabs are closed and two reloaded',
  async () => {
    const coordinator = await startCoordinator({ port: await freePort() });
    startWorker(coordinator, 0, 'evaluate');
    startWorker(coordinator, 0);
    startWorker(coordinator, 1);
    const sweep = await submit(coordinator, sweepText);
    const device = await (await openBrowser()).newContext();
    const open = async () => {
      const page = await device.newPage();
      await page.goto(joinLink(coordinator));
      return page;
    };
    const pages = [];
    for (let tab = 0; tab < tabs; tab += 1) pages.push(await open());
    await eventually('every tab trains, as a worker of its own', async () => {
      const workers = await workersOf(coordinator);
      const training = workers.filter(({ connected, kind, leases }) => connected && kind === 'train' && leases[0]);
      return training.length === tabs + 2 ? true : undefined;
    });
    await Promise.all(pages.slice(0, 3).map((page) => page.close()));
    await Promise.all(pages.slice(3, 5).map((page) => page.reload()));
    await completes(coordinator, sweep, 900_000);
    const trials = await trialsOf(coordinator, sweep);
    expect(trials).toHaveLength(24);
    expect(trials.every(({ state, errors, score }) => state === 'complete' && errors === 0 && score !== null)).toBe(
      true,
    );
    // A reloaded tab comes back as the worker that it was.
    const trainers = (await workersOf(coordinator)).filter(({ kind }) => kind === 'train');
    expect(trainers).toHaveLength(tabs + 2);
  },
  1_200_000,
);
