import { once } from 'node:events';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { barriers, cleanUpAfterEach, inBrowser, testUnless } from './browser-test.ts';
import { faultsOf, openBrowser, openFirefox, picture, whyNoFirefox } from './browser.ts';
import {
  completes,
  joinLink,
  startCoordinator,
  startWorker,
  submit,
  trialsOf,
  workersOf,
  type Coordinator,
} from './cluster.ts';
import { freePort } from './free-port.ts';
import { eventually, newFolder } from './processes.ts';
import { smallSweep } from './small-sweep.ts';

cleanUpAfterEach();

const sweepText = (latents: readonly number[], epochs: number, noises?: readonly number[]): string =>
  smallSweep({ name: 'in-the-browser', latents, epochs, ...(noises && { noises }) });

const lookLink = ({ url, tokens }: Coordinator, route: string): string => `${url}${route}#t=${tokens.viewer}`;

async function openTab(link: string, args?: readonly string[]): Promise<{ page: Page; faults: string[] }> {
  const browser = await openBrowser(args);
  const device = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await device.newPage();
  const faults = faultsOf(page);
  await page.goto(link);
  return { page, faults };
}

/** Waits until a worker has left a checkpoint of a sweep's only trial, and gives its id. */
async function hasCheckpoint(coordinator: Coordinator, sweep: string): Promise<string> {
  return eventually('a tab trains and leaves a checkpoint', async () => {
    const [trial] = await trialsOf(coordinator, sweep);
    return trial?.segments[0]?.worker;
  });
}

inBrowser(
  'a tab joins by the link and trains; when it is closed its trial goes on in another, to a verified figure',
  async () => {
    const coordinator = await startCoordinator({ port: await freePort() });
    startWorker(coordinator, 0, 'evaluate');
    const sweep = await submit(coordinator, sweepText([4], 40, [0.3]));

    const first = await openTab(joinLink(coordinator));
    // A tenth of its power: no machine then ends the trial between the first checkpoint, four seconds in, and the closing
    // of the tab.
    await first.page.getByRole('slider', { name: 'Power' }).press('Home');
    const left = await hasCheckpoint(coordinator, sweep);
    // The token is out of the address bar, where a projector would show it.
    expect(first.page.url()).not.toContain(coordinator.tokens.join);
    await first.page.close();
    await eventually('the tab is gone', async () => {
      const workers = await workersOf(coordinator);
      return workers.some(({ workerId, connected }) => workerId === left && connected) ? undefined : true;
    });
    expect(first.faults).toEqual([]);

    const second = await openTab(joinLink(coordinator));
    await second.page.getByText('noise 0.3').first().waitFor();
    await picture(second.page, 'join-training');
    expect(await barriers(second.page)).toEqual([]);
    await completes(coordinator, sweep);
    const [trial] = await trialsOf(coordinator, sweep);
    expect(trial).toMatchObject({ state: 'complete', errors: 0 });
    expect(trial?.score).toBeLessThan(0.06);
    expect(trial?.segments.map(({ fromEpoch }) => fromEpoch)[0]).toBe(0);
    expect(new Set(trial?.segments.map(({ worker }) => worker)).size).toBe(2);
    expect(second.faults).toEqual([]);
  },
);

inBrowser(
  'leaderboard, run, latent space, room and new sweep show real results, without faults or barriers',
  async () => {
    const coordinator = await startCoordinator({ port: await freePort() });
    startWorker(coordinator, 0, 'evaluate');
    startWorker(coordinator, 0);
    const sweep = await submit(coordinator, sweepText([2, 8], 2, [0.3]));
    await completes(coordinator, sweep);
    const trials = await trialsOf(coordinator, sweep);
    const [best] = trials.toSorted((a, b) => (a.score ?? 1) - (b.score ?? 1));
    const error = best?.score ?? NaN;

    for (const [name, route, text] of [
      ['leaderboard', '/leaderboard/in-the-browser', error.toFixed(5)],
      ['run', `/trials/${best?.trialId}`, error.toFixed(6)],
      // This heading appears once the model has been opened and the pictures encoded, in the page itself.
      ['latent', `/trials/${best?.trialId}/latent`, 'From one picture to another'],
      ['best-and-worst', '/leaderboard/in-the-browser/latent', '10 nearest neighbours right'],
      ['room', '/', 'in-the-browser'],
      ['new-sweep', '/new', 'YAML'],
    ] as const) {
      const { page, faults } = await openTab(lookLink(coordinator, route));
      await page.getByText(text).first().waitFor();
      await picture(page, name);
      expect({ name, barriers: await barriers(page) }).toEqual({ name, barriers: [] });
      expect({ name, faults }).toEqual({ name, faults: [] });
      await page.close();
    }
  },
);

inBrowser('a tab trains over WebGL', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  startWorker(coordinator, 0, 'evaluate');
  const sweep = await submit(coordinator, sweepText([2], 1));
  const link = joinLink(coordinator, '?backend=webgl');
  const { faults } = await openTab(link, [
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
  ]);
  await completes(coordinator, sweep);
  const [trial] = await trialsOf(coordinator, sweep);
  expect(trial?.backend).toBe('webgl');
  expect(trial?.score).toBeLessThan(0.08);
  expect(faults).toEqual([]);
});

testUnless(whyNoFirefox, 'Firefox joins by the link and trains', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  startWorker(coordinator, 0, 'evaluate');
  const sweep = await submit(coordinator, sweepText([4], 1));
  const tab = openFirefox(joinLink(coordinator), newFolder());
  try {
    await completes(coordinator, sweep);
  } finally {
    const ended = once(tab, 'exit');
    tab.kill('SIGKILL');
    await ended;
  }
  const trainer = (await workersOf(coordinator)).find(({ kind }) => kind === 'train');
  expect(trainer?.platform).toMatch(/^Firefox/);
  expect(trainer?.trialsCompleted).toBe(1);
});
