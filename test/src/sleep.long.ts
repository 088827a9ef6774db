import { expect } from '@jest/globals';
import { cleanUpAfterEach, inBrowser } from './browser-test.ts';
import { openStoppable } from './browser.ts';
import { joinLink, startCoordinator, submit, trainsIn, workersOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { eventually } from './processes.ts';

cleanUpAfterEach();

/** More than any machine trains within the test. */
const endless = `
name: asleep
parameters:
  latent: { value: 4 }
  hidden: { value: [64] }
  train_images: { value: 6000 }
  epochs: { value: 10000 }
`;

inBrowser(
  'a device that fell asleep in mid-training is missed, and trains on as the same worker when it wakes',
  async () => {
    const coordinator = await startCoordinator({ port: await freePort() });
    await submit(coordinator, endless);
    const { browser, signal } = await openStoppable();
    const page = await browser.newPage();
    await page.goto(joinLink(coordinator));
    const { workerId } = await trainsIn(coordinator);
    signal('SIGSTOP');
    await eventually(
      'the sleeper is missed',
      async () => {
        const workers = await workersOf(coordinator);
        return workers.every(({ connected }) => !connected) ? true : undefined;
      },
      30_000,
    );
    signal('SIGCONT');
    expect((await trainsIn(coordinator)).workerId).toBe(workerId);
    await page.getByText(/^Training$/).waitFor();
  },
);
