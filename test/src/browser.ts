import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { patienceMs } from './processes.ts';

/** Where a Chromium usually lies; GRADPOOL_CHROMIUM names another. */
const candidates = [
  process.env['GRADPOOL_CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
export const executablePath = candidates.find((file) => file !== '' && existsSync(file));

/** Nothing but the page's own requests leaves the browser. */
const quiet = [
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why browser tests are skipped; null where they run. */
export const whyNoBrowser: string | null =
  executablePath === undefined ? 'no Chromium here (apt-get install chromium, or set GRADPOOL_CHROMIUM)' : null;

const opened: Pick<Browser, 'close'>[] = [];

/** Chromium's sandbox refuses to start as root, where tests in a container run. */
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** Pages are waited for as processes are. */
function allowTime(context: BrowserContext): void {
  context.setDefaultTimeout(patienceMs);
}

/** A browser of its own, as a device of its own: nothing is shared with another. */
export async function openBrowser(args: readonly string[] = ['--disable-gpu']): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: executablePath ?? '', args: [...quiet, ...asRoot, ...args] });
  browser.on('context', allowTime);
  opened.push(browser);
  return browser;
}

/** A browser all of whose processes can be sent a signal: a device that falls asleep (SIGSTOP) and wakes (SIGCONT). */
export async function openStoppable(): Promise<{ browser: Browser; signal: (name: 'SIGSTOP' | 'SIGCONT') => void }> {
  const args = [...quiet, ...asRoot, '--disable-gpu'];
  const server = await chromium.launchServer({ executablePath: executablePath ?? '', args });
  const { pid } = server.process();
  if (pid === undefined) throw new Error('the browser did not start');
  // It leads a process group of its own.
  const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => void process.kill(-pid, name);
  opened.push({ close: () => server.kill() });
  const browser = await chromium.connect(server.wsEndpoint());
  browser.on('context', allowTime);
  return { browser, signal };
}

/** A browser with the profile in a folder, settings and all. */
export async function openProfile(folder: string): Promise<BrowserContext> {
  const args = [...quiet, ...asRoot, '--disable-gpu'];
  const context = await chromium.launchPersistentContext(folder, { executablePath: executablePath ?? '', args });
  allowTime(context);
  opened.push(context);
  return context;
}

const firefox = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find((file) => existsSync(file));

/** Why the test in Firefox is skipped; null where it runs. */
export const whyNoFirefox: string | null =
  firefox === undefined ? 'no Firefox here (apt-get install firefox-esr)' : null;

/** Opens an address in a Firefox of its own, headless, with an empty profile; the caller ends the process. */
export function openFirefox(address: string, profile: string): ChildProcess {
  return spawn(firefox ?? '', ['--headless', '--no-remote', '--profile', profile, address], {
    stdio: 'ignore',
    env: { ...process.env, HOME: profile },
  });
}

/** For `afterEach`. */
export async function closeBrowsers(): Promise<void> {
  // A browser can hang in its GPU process on closing; it must not take the test along.
  const enough = new Promise<void>((resolve) => setTimeout(resolve, 5_000).unref());
  await Promise.race([Promise.all(opened.map((browser) => browser.close())), enough]);
  opened.length = 0;
}

/** Errors that the page logged or threw, security policy violations among them. */
export function faultsOf(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return faults;
}

const pictures = fileURLToPath(new URL('../../test-output', import.meta.url));

/** Keeps what the page looks like under test-output/. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}
