import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPostgresStore } from '@gradpool/coordinator/store';
import { sampleCell, sampleSweep, sampleTrial } from '@gradpool/coordinator/store/testing';
import type { WorkersAnswer } from '@gradpool/protocol';
import { closeBrowsers, openBrowser, whyNoBrowser } from '@gradpool/test/browser';
import type { Page } from 'playwright-core';
import { startCoordinator, stopCoordinator, submitSweep, type Serving } from './coordinator-process.ts';
import { openPlainBrowser } from './plain-browser.ts';
import { median, quantile } from './statistics.ts';

/**
 * `npm run bench:pages`: how the pages feel in headless Chromium. The join page while its tab trains: tasks that hold its
 * main thread for over 50 ms, and the speed behind another tab against the speed in front. The leaderboard of 10,000
 * finished trials: how long it takes to show, and from a click on a filter to the picture that answers it.
 */
const watchMs = 30_000;
const speedMs = 20_000;
const warmUpMs = 5_000;
/** Parameters of the big sweep, ten values each, and its seeds. */
const values = Array.from({ length: 10 }, (_, index) => index + 1);
const seeds = 10;
const longMs = 50;

const sweep = {
  name: 'bench-pages',
  parameters: { latent: { value: 8 }, noise: { value: 0.3 }, epochs: { value: 1_000 } },
};

interface JoinFigures {
  readonly tasksMs: readonly number[];
  readonly inFront: number;
  readonly hidden: number;
}

interface BoardFigures {
  readonly readyMs: number;
  readonly filterMs: readonly number[];
}

async function main(): Promise<void> {
  if (whyNoBrowser !== null) throw new Error(whyNoBrowser);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  try {
    const big = await fillStore(dataDir);
    const { child, serving } = await startCoordinator(dataDir);
    try {
      const board = await measureBoard(serving, big);
      await submitSweep(serving, sweep);
      report(await measureJoin(serving), board);
    } finally {
      await closeBrowsers();
      await stopCoordinator(child);
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A complete sweep of 1,000 cells with ten verified trials each; gives its name. */
async function fillStore(dataDir: string): Promise<string> {
  const store = await openPostgresStore({ kind: 'embedded', dataDir });
  try {
    const name = 'big';
    const parameters = { latent: { values }, noise: { values }, batch_size: { values } };
    const row = sampleSweep({
      name,
      spec: { name, parameters },
      state: 'complete',
      finishedAt: Date.now(),
    });
    await store.commit([{ table: 'sweep', row }]);
    const settings = values.flatMap((latent) =>
      values.flatMap((noise) => values.map((batch_size) => ({ latent, noise, batch_size }))),
    );
    for (const [index, setting] of settings.entries()) {
      const cell = sampleCell(row, index, { parameters: setting });
      const trials = Array.from({ length: seeds }, (_, seed) =>
        sampleTrial(cell, seed, { state: 'complete', score: 0.02 + 1e-5 * index + 1e-4 * Math.sin(seed) }),
      );
      await store.commit([
        { table: 'cell', row: cell },
        ...trials.map((trial) => ({ table: 'trial', row: trial }) as const),
      ]);
    }
    return name;
  } finally {
    await store.close();
  }
}

/** Opens the leaderboard, then turns every value of a parameter's filter on, one after another, and off again. */
async function measureBoard({ url, tokens }: Serving, name: string): Promise<BoardFigures> {
  const page = await (await openBrowser()).newPage();
  const startedAt = performance.now();
  await page.goto(`${url}/leaderboard/${name}#t=${tokens.viewer}`);
  const filter = page.getByLabel('latent', { exact: true }).first();
  await filter.waitFor({ timeout: 60_000 });
  await filter.click();
  await page.getByRole('listbox').getByRole('option').first().waitFor();
  const readyMs = performance.now() - startedAt;
  await page.evaluate(watchClicks);
  const filterMs: number[] = [];
  for (let round = 0; round < 2; round += 1) {
    for (let option = 0; option < values.length; option += 1) filterMs.push(await clickOption(page, option));
  }
  await page.close();
  return { readyMs, filterMs };
}

// In the page, as text: its types are not those of a bench.
const watchClicks = `
  globalThis.clicks = [];
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === 'click') globalThis.clicks.push(duration);
  }).observe({ type: 'event', durationThreshold: 16 });
`;
const watchTasks = `
  globalThis.tasks = [];
  new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' });
`;

/** Milliseconds from the click to the next picture on the screen, as the browser tells them, in steps of 8. */
async function clickOption(page: Page, option: number): Promise<number> {
  const told = await page.evaluate<number>('clicks.length');
  await page.getByRole('listbox').getByRole('option').nth(option).click();
  // Clicks that took less than the observer's least, 16 ms, are not told of.
  await page.waitForTimeout(500);
  const clicks = await page.evaluate<number[]>('clicks');
  return clicks.length > told ? (clicks.at(-1) ?? NaN) : 16;
}

async function measureJoin(serving: Serving): Promise<JoinFigures> {
  const browser = await openPlainBrowser(`${serving.url}/join#t=${serving.tokens.join}`);
  try {
    await firstStep(serving);
    await pause(warmUpMs);
    await browser.evaluate(watchTasks);
    await pause(watchMs);
    const tasksMs = (await browser.evaluate('tasks')) as number[];
    const inFront = await speed(serving);
    await browser.hide();
    if ((await browser.evaluate('document.visibilityState')) !== 'hidden') throw new Error('the tab is not hidden');
    await pause(warmUpMs);
    const hidden = await speed(serving);
    return { tasksMs, inFront, hidden };
  } finally {
    await browser.close();
  }
}

async function firstStep(serving: Serving): Promise<void> {
  while ((await imagesPerSecond(serving)) === 0) await pause(250);
}

/** Median of what the tab's worker reports, images a second. */
async function speed(serving: Serving): Promise<number> {
  const seen: number[] = [];
  for (const endsAt = performance.now() + speedMs; performance.now() < endsAt; await pause(500)) {
    seen.push(await imagesPerSecond(serving));
  }
  return median(seen);
}

async function imagesPerSecond({ url, tokens }: Serving): Promise<number> {
  const answer = await fetch(`${url}/api/workers`, { headers: { authorization: `Bearer ${tokens.viewer}` } });
  const { workers } = (await answer.json()) as WorkersAnswer;
  return workers.reduce((sum, worker) => sum + (worker.connected ? worker.imagesPerSecond : 0), 0);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function report({ tasksMs, inFront, hidden }: JoinFigures, { readyMs, filterMs }: BoardFigures): void {
  const long = tasksMs.filter((ms) => ms > longMs);
  const hiddenSpeedShare = Math.round((100 * hidden) / inFront) / 100;
  const filterP95Ms = quantile(filterMs, 0.95);
  console.table([
    { figure: `main-thread tasks over 50 ms in ${watchMs / 1_000} s of training`, value: long.length, target: 0 },
    { figure: 'the longest of them, ms', value: Math.round(Math.max(0, ...long)), target: '' },
    { figure: 'in front, images/s', value: Math.round(inFront), target: '' },
    { figure: 'behind another tab, share of that speed', value: hiddenSpeedShare, target: '>= 0.8' },
    { figure: '10,000 trials: leaderboard ready, ms', value: Math.round(readyMs), target: '' },
    { figure: 'a filter answers, median ms', value: Math.round(median(filterMs)), target: '' },
    { figure: 'a filter answers, p95 ms', value: Math.round(filterP95Ms), target: '<= 100' },
  ]);
  if (!process.argv.includes('--json')) return;
  const figures = { longTasks: long.length, hiddenSpeedShare, filterP50Ms: median(filterMs), filterP95Ms };
  console.log(JSON.stringify({ ...figures, leaderboardReadyMs: Math.round(readyMs) }));
}

await main();
