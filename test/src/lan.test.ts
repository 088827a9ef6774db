import { writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { expect } from '@jest/globals';
import { cleanUpAfterEach, testUnless } from './browser-test.ts';
import { faultsOf, openBrowser, whyNoBrowser } from './browser.ts';
import { freePort } from './free-port.ts';
import { eventually, newFolder, programs, start } from './processes.ts';
import { smallSweep } from './small-sweep.ts';

cleanUpAfterEach();

/** An address of this machine that is not its loopback: what a page opened from elsewhere sees. */
const outward = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const whyNot = whyNoBrowser ?? (outward === undefined ? 'this machine has no address but its loopback' : null);

// As text: the types of a page are not those of these tests.
const contextOf = `({ secure: isSecureContext, cache: 'caches' in globalThis })`;
const filesKept = `(async () => {
  const files = 'caches' in globalThis ? await (await caches.open('gradpool-files')).keys() : [];
  const databases = await indexedDB.databases();
  return { files: files.length, databases: databases.map(({ name }) => name) };
})()`;

describeOver('http', {
  args: ['--lan'],
  secure: false,
  hint: /At an https:\/\/ address this device could also use WebGPU/,
});
describeOver('https', {
  args: ['--lan', '--tls'],
  secure: true,
  hint: /Training goes on while you look at other tabs\.$/,
});

interface Expected {
  readonly args: readonly string[];
  readonly secure: boolean;
  readonly hint: RegExp;
}

/** A sweep is trained to its end by one tab at the address that the room sees, and `up --once` prints the table. */
function describeOver(scheme: 'http' | 'https', { args, secure, hint }: Expected): void {
  const title = `over ${scheme} at an address of the network a tab trains a whole sweep`;
  testUnless(whyNot, title, async () => {
    const dataDir = newFolder();
    const file = path.join(dataDir, 'sweep.yaml');
    writeFileSync(file, smallSweep({ name: 'by-tabs-alone', latents: [2, 8], epochs: 2 }));
    const port = String(await freePort());
    const up = start(programs.cli, [
      ...['up', '--threads', '0', '--once', '--sweep', file, '--data-dir', dataDir, '--port', port],
      ...args,
    ]);
    const link = await eventually('up prints the link to join', () =>
      Promise.resolve(new RegExp(`^ *(${scheme}://${outward}:\\S+/join#t=\\S+)`, 'm').exec(up.output())?.[1]),
    );
    const browser = await openBrowser();
    // The certificate is the coordinator's own: a person clicks the browser's warning away once.
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    const faults = faultsOf(page);
    const packed: (string | undefined)[] = [];
    page.on('response', (response) => {
      if (new URL(response.url()).pathname.startsWith('/data/')) packed.push(response.headers()['content-encoding']);
    });
    await page.goto(link);
    expect(await page.evaluate(contextOf)).toEqual({
      secure,
      cache: secure,
    });
    await page.getByText(hint).waitFor();
    expect(await up.exited).toEqual({ code: 0, signal: null });
    expect(up.output()).toMatch(/0\.0\d+/);

    // The pictures came packed, the labels are too short for that.
    expect(packed.toSorted()).toEqual(['gzip', 'gzip', undefined, undefined]);
    // The data stay in the browser: over plain HTTP in IndexedDB, in a secure context in Cache Storage.
    const kept = await page.evaluate(filesKept);
    expect(kept).toEqual(secure ? { files: 4, databases: [] } : { files: 0, databases: ['gradpool-files'] });
    // The coordinator is gone: that the page cannot reach it is the only thing it may complain about.
    expect(faults.filter((fault) => !/WebSocket|Failed to load resource/.test(fault))).toEqual([]);
  });
}
