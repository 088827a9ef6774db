import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { create } from 'tar';
import { recordingOutput } from '../testing/recording-output.ts';
import { fetchArchive, type Archive } from './fetch.ts';

let dir = '';
let server: Server | null = null;
let packed = Buffer.alloc(0);
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gradpool-fetch-'));
  mkdirSync(join(dir, 'made', 'batches'), { recursive: true });
  writeFileSync(join(dir, 'made', 'batches', 'a.bin'), Buffer.alloc(5_000, 'noise that packs'));
  await create({ gzip: true, file: join(dir, 'made.tar.gz'), cwd: join(dir, 'made') }, ['batches']);
  packed = readFileSync(join(dir, 'made.tar.gz'));
});
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = null;
  rmSync(dir, { recursive: true, force: true });
});

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const dataDir = () => join(dir, 'data');
const part = () => join(dataDir(), 'batches.part');

/** Serves `packed` with ranges, or without; breaks each answer off after `most` bytes. */
async function serve({ ranges = true, most = Infinity } = {}): Promise<{ archive: Archive; asked: string[] }> {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const range = request.headers.range ?? '';
    asked.push(range);
    const from = ranges ? Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0) : 0;
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': packed.length - from });
    const sent = packed.subarray(from, from + most);
    if (sent.length === packed.length - from) {
      response.end(sent);
      return;
    }
    response.write(sent);
    // What the reader has not taken by then is lost with the connection, as on a real line.
    setTimeout(() => response.destroy(), 20);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.tar.gz`;
  return { archive: { url, bytes: packed.length, md5: md5(packed), folder: 'batches' }, asked };
}

const fetchIt = (archive: Archive, output = recordingOutput()) => fetchArchive({ archive, dataDir: dataDir(), output });

test('[D1] the folder is unpacked whole, and nothing else stays', async () => {
  const { archive, asked } = await serve();
  const output = recordingOutput();
  await fetchIt(archive, output);
  expect(readFileSync(join(dataDir(), 'batches', 'a.bin'))).toHaveLength(5_000);
  expect(readdirSync(dataDir())).toEqual(['batches']);
  expect(output.text()).toContain('is ready');
  await fetchIt(archive, output);
  expect(output.text()).toContain('is there already');
  expect(asked).toEqual(['']);
});

test('[D1] a download that broke off goes on where it stopped', async () => {
  const { archive, asked } = await serve({ most: 60 });
  const held = (): number => (existsSync(part()) ? readFileSync(part()).length : 0);
  await expect(fetchIt(archive)).rejects.toMatchObject({ code: 'E_FETCH', exit: 1 });
  const kept = [0];
  while (!existsSync(join(dataDir(), 'batches')) && kept.length < 300) {
    kept.push(held());
    await fetchIt(archive).catch(() => undefined);
  }
  expect(asked).toEqual(kept.map((bytes) => (bytes === 0 ? '' : `bytes=${bytes}-`)));
  expect(kept.at(-1)).toBeGreaterThan(0);
  expect(readFileSync(join(dataDir(), 'batches', 'a.bin'))).toHaveLength(5_000);
});

test('[D1] a server without ranges sends the whole again', async () => {
  const { archive } = await serve({ ranges: false });
  mkdirSync(dataDir());
  writeFileSync(part(), 'stale');
  await fetchIt(archive);
  expect(readFileSync(join(dataDir(), 'batches', 'a.bin'))).toHaveLength(5_000);
});

test('[D1] another archive is thrown away, and so is one that is too long', async () => {
  const { archive } = await serve();
  await expect(fetchIt({ ...archive, md5: '0'.repeat(32) })).rejects.toMatchObject({
    code: 'E_DATA_DIGEST',
    message: expect.stringContaining(archive.md5),
  });
  expect(readdirSync(dataDir())).toEqual([]);
  await expect(fetchIt({ ...archive, bytes: 10 })).rejects.toMatchObject({ code: 'E_FETCH' });
});

test('[D1] an address without the archive', async () => {
  const { archive } = await serve();
  server?.removeAllListeners('request').on('request', (_request, response) => response.writeHead(404).end());
  await expect(fetchIt(archive)).rejects.toMatchObject({ code: 'E_FETCH', message: expect.stringContaining('404') });
});
