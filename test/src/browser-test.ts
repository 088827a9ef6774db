import { AxeBuilder } from '@axe-core/playwright';
import { afterEach, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { closeBrowsers, whyNoBrowser } from './browser.ts';
import { stopAll } from './processes.ts';

/** For the top of a test file: each test leaves neither browsers nor processes behind. */
export function cleanUpAfterEach(): void {
  afterEach(async () => {
    await closeBrowsers();
    await stopAll();
  });
}

/** A test that is skipped, with the reason in its title, where it cannot run. */
export function testUnless(whyNot: string | null, title: string, body: () => Promise<void>, timeoutMs?: number): void {
  if (whyNot === null) test(title, body, timeoutMs);
  else test.skip(`${title} (skipped: ${whyNot})`, body, timeoutMs);
}

/** A test in Chromium. */
export const inBrowser = (title: string, body: () => Promise<void>, timeoutMs?: number): void => {
  testUnless(whyNoBrowser, title, body, timeoutMs);
};

/** Findings of axe that keep people out. */
export async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    // The parts of an image are none of a reader's: a map of codes has thousands, and looking at each takes half a minute.
    .exclude('svg[role="img"] > g')
    .options({ resultTypes: ['violations'] })
    .analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}
