import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closeBrowsers, openBrowser, whyNoBrowser } from '@gradpool/test/browser';
import type { StatsAnswer } from '@gradpool/protocol';
import type { Browser, BrowserContext } from 'playwright-core';
import { startCoordinator, submitSweep, type Serving } from './coordinator-process.ts';
import { quantile } from './statistics.ts';

/**
 * `npm run bench:join`: from opening the link to the first optimizer step, in headless Chromium. Cold: a device that was
 * never here. Warm: the same device again, as in a second lesson; it must not download the data once more. `--json`
 * prints the keys of the project's targets last.
 */
const opens = 20;
const stepMs = 60_000;
/** Set by the join page when its first step is done; counted from the start of the navigation. */
const mark = 'gradpool-first-step';

interface Opened {
  readonly firstStepMs: number;
  /** What the coordinator sent from the opening to the first step, everything counted. */
  readonly bytes: number;
}

const sweep = {
  name: 'bench-join',
  parameters: { latent: { value: 8 }, epochs: { value: 1_000 } },
  seeds: { count: 8 },
};

async function main(): Promise<void> {
  if (whyNoBrowser !== null) throw new Error(whyNoBrowser);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  const { child, serving } = await startCoordinator(dataDir);
  try {
    await submitSweep(serving, sweep);
    const browser = await openBrowser();
    const cold: Opened[] = [];
    const warm: Opened[] = [];
    for (let index = 0; index < opens; index += 1) {
      const [first, second] = await openTwice(browser, serving);
      cold.push(first);
      warm.push(second);
    }
    report(cold, warm);
  } finally {
    await closeBrowsers();
    child.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function openTwice(browser: Browser, serving: Serving): Promise<[Opened, Opened]> {
  const device = await browser.newContext();
  const first = await open(device, serving);
  const second = await open(device, serving);
  await device.close();
  return [first, second];
}

async function open(device: BrowserContext, serving: Serving): Promise<Opened> {
  const before = await bytesOut(serving);
  const page = await device.newPage();
  await page.goto(`${serving.url}/join#t=${serving.tokens.join}`);
  const found = await page.waitForFunction((name) => performance.getEntriesByName(name)[0]?.startTime, mark, {
    timeout: stepMs,
  });
  const firstStepMs = (await found.jsonValue()) ?? NaN;
  const bytes = (await bytesOut(serving)) - before;
  await page.close();
  return { firstStepMs, bytes };
}

async function bytesOut({ url, tokens }: Serving): Promise<number> {
  const answer = await fetch(`${url}/api/stats`, { headers: { authorization: `Bearer ${tokens.viewer}` } });
  return ((await answer.json()) as StatsAnswer).bytesOut;
}

function report(cold: readonly Opened[], warm: readonly Opened[]): void {
  const at = (opened: readonly Opened[], share: number): number =>
    Math.round(
      quantile(
        opened.map(({ firstStepMs }) => firstStepMs),
        share,
      ),
    );
  const bytes = (opened: readonly Opened[]): number => opened.reduce((sum, one) => sum + one.bytes, 0) / opened.length;
  const share = bytes(warm) / bytes(cold);
  console.table([
    { figure: 'cold, first step, p50 ms', value: at(cold, 0.5), target: '<= 5000' },
    { figure: 'cold, first step, p95 ms', value: at(cold, 0.95), target: '' },
    { figure: 'warm, first step, p50 ms', value: at(warm, 0.5), target: '<= 2000' },
    { figure: 'warm, first step, p95 ms', value: at(warm, 0.95), target: '' },
    { figure: 'cold, MB from the coordinator', value: Number((bytes(cold) / 1e6).toFixed(2)), target: '' },
    { figure: 'warm, share of those bytes, %', value: Number((100 * share).toFixed(2)), target: '<= 1' },
  ]);
  if (!process.argv.includes('--json')) return;
  console.log(
    JSON.stringify({
      coldFirstStepP50Ms: at(cold, 0.5),
      coldFirstStepP95Ms: at(cold, 0.95),
      warmFirstStepP50Ms: at(warm, 0.5),
      warmFirstStepP95Ms: at(warm, 0.95),
      secondLessonBytesShare: share,
    }),
  );
}

await main();
