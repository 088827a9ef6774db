import { writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { cleanUpAfterEach, inBrowser } from './browser-test.ts';
import { openBrowser, openProfile } from './browser.ts';
import { completes, joinLink, startCoordinator, startWorker, submit, trainsIn, trialsOf } from './cluster.ts';
import { freePort } from './free-port.ts';
import { newFolder } from './processes.ts';
import { smallSweep } from './small-sweep.ts';

cleanUpAfterEach();

const sweepText = (epochs: number): string => smallSweep({ name: 'faults', latents: [4], epochs });
/** More than any machine trains within a test. */
const endless = sweepText(10_000);

const says = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

inBrowser(
  'a wrong token is refused in words; a tab trains on while the coordinator is killed and started again',
  async () => {
    const port = await freePort();
    const before = await startCoordinator({ port });
    await submit(before, endless);
    const page = await (await openBrowser()).newPage();
    await page.goto(joinLink({ ...before, tokens: { ...before.tokens, join: 'not-a-token' } }));
    await says(page, 'This link is not valid');

    const tab = await (await openBrowser()).newPage();
    await tab.goto(joinLink(before));
    const { workerId } = await trainsIn(before);
    before.process.child.kill('SIGKILL');
    await before.process.exited;
    await says(tab, 'Training on, without the coordinator');

    const after = await startCoordinator({ port, dataDir: before.dataDir });
    await says(tab, /^Training$/);
    expect((await trainsIn(after)).workerId).toBe(workerId);
  },
);

inBrowser('where the storage is full or forbidden a tab says so and trains all the same', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  await submit(coordinator, endless);
  const full = await (await openBrowser()).newPage();
  const protocol = await full.context().newCDPSession(full);
  await protocol.send('Storage.overrideQuotaForOrigin', { origin: coordinator.url, quotaSize: 1_000_000 });
  await full.goto(joinLink(coordinator));
  await says(full, 'This browser keeps nothing for the next visit');
  await trainsIn(coordinator);
  await full.close();

  const profile = newFolder();
  mkdirSync(path.join(profile, 'Default'));
  const noCookies = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(path.join(profile, 'Default', 'Preferences'), JSON.stringify(noCookies));
  const forbidden = await (await openProfile(profile)).newPage();
  await forbidden.goto(joinLink(coordinator));
  await says(forbidden, 'This browser keeps nothing for the next visit');
  await says(forbidden, /^Training$/);
});

inBrowser('when the graphics card stops the training goes on with the processor, to a verified figure', async () => {
  const coordinator = await startCoordinator({ port: await freePort() });
  startWorker(coordinator, 0, 'evaluate');
  const sweep = await submit(coordinator, sweepText(60));
  const browser = await openBrowser([
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
  ]);
  const page = await browser.newPage();
  await page.goto(joinLink(coordinator, '?backend=webgl'));
  await trainsIn(coordinator);
  const protocol = await browser.newBrowserCDPSession();
  await protocol.send('Browser.crashGpuProcess');
  await says(page, 'The computing part of this browser was started afresh');
  await completes(coordinator, sweep);
  expect((await trialsOf(coordinator, sweep))[0]).toMatchObject({ state: 'complete', backend: 'wasm' });
});
