import { expect } from '@jest/globals';
import { barriers, cleanUpAfterEach, inBrowser } from './browser-test.ts';
import { faultsOf, openBrowser, picture } from './browser.ts';
import { completes, joinLink, startCoordinator, startWorker, submit, trialsOf, workersOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { eventually } from './processes.ts';
import { smallSweep } from './small-sweep.ts';

cleanUpAfterEach();

const sweepText = (epochs: number): string => smallSweep({ name: 'two-at-once', latents: [2, 8], epochs });

inBrowser('a tab trains two trials at once under one identity, and pause and leave hand both back', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  // Long enough that no machine ends a trial before the test does.
  const sweep = await submit(coordinator, sweepText(5_000));
  const browser = await openBrowser();
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  const faults = faultsOf(page);
  const fetched: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/data/')) fetched.push(pathname);
  });
  await page.goto(joinLink(coordinator, '?engines=2'));

  const bothTrain = () =>
    eventually('one worker trains both trials', async () => {
      const [worker] = (await workersOf(coordinator)).filter(({ connected }) => connected);
      const moving = worker?.leases.filter(({ fraction }) => fraction > 0) ?? [];
      return worker && moving.length === 2 ? worker : undefined;
    });
  const worker = await bothTrain();
  expect(worker.slots).toBe(2);
  expect(await workersOf(coordinator)).toHaveLength(1);
  expect([fetched.length, new Set(fetched).size]).toEqual([4, 4]);
  await page.getByRole('heading', { name: '2 trainings at once' }).waitFor();
  await page.getByText('2 trainings at a time').waitFor();
  await picture(page, 'join-two-at-once');
  expect(await barriers(page)).toEqual([]);

  const handedBack = () =>
    eventually('both trials wait, from where they stood', async () => {
      const trials = await trialsOf(coordinator, sweep);
      return trials.every(({ state, segments }) => state === 'waiting' && segments.length > 0) ? true : undefined;
    });
  await page.getByRole('button', { name: 'Pause' }).click();
  await handedBack();
  await page.getByRole('heading', { name: 'Paused' }).waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  expect((await bothTrain()).workerId).toBe(worker.workerId);
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByText('You have left the room').waitFor();
  await handedBack();
  expect(faults).toEqual([]);
});

inBrowser('a tab with a single engine computes in the Web Worker that holds the connection', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  startWorker(coordinator, 0, 'evaluate');
  const sweep = await submit(coordinator, sweepText(1));
  const page = await (await openBrowser()).newPage();
  const faults = faultsOf(page);
  await page.goto(joinLink(coordinator, '?engines=1'));
  await completes(coordinator, sweep);
  const tab = (await workersOf(coordinator)).find(({ kind }) => kind === 'train');
  expect(tab).toMatchObject({ slots: 1, trialsCompleted: 2 });
  expect(faults).toEqual([]);
});
