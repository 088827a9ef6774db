import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Digest } from '@gradpool/protocol';
import { readDataFile } from './dataset-cache.ts';
import { identityPath, loadIdentity, saveIdentity } from './identity-file.ts';
import { logLines } from './log-lines.ts';
import { loadTfjsNode } from './tensorflow-native.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gradpool-files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('data set cache', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const sha256 = createHash('sha256').update(bytes).digest('hex') as Digest;
  const signal = new AbortController().signal;
  const cacheOf = (served: Uint8Array, at = folder) => {
    const said = { fetches: 0, warnings: [] as string[] };
    const fetchFile = () => {
      said.fetches += 1;
      return Promise.resolve(served);
    };
    return { said, cache: { folder: at, fetchFile, warn: (message: string) => said.warnings.push(message) } };
  };

  test('fetches once, then reads, and leaves no half file behind', async () => {
    const { said, cache } = cacheOf(bytes);
    expect(await readDataFile(cache, sha256, signal)).toEqual(bytes);
    expect(new Uint8Array(await readDataFile(cache, sha256, signal))).toEqual(bytes);
    expect(said).toEqual({ fetches: 1, warnings: [] });
    expect(await readdir(folder)).toEqual([sha256]);
  });

  test('many at once all get the file', async () => {
    const { cache } = cacheOf(bytes);
    const all = await Promise.all(Array.from({ length: 8 }, () => readDataFile(cache, sha256, signal)));
    for (const each of all) expect(new Uint8Array(each)).toEqual(bytes);
    expect(await readdir(folder)).toEqual([sha256]);
  });

  test('a damaged copy is fetched again and replaced', async () => {
    const { said, cache } = cacheOf(bytes);
    await writeFile(path.join(folder, sha256), 'damaged');
    expect(await readDataFile(cache, sha256, signal)).toEqual(bytes);
    expect(said.warnings.join()).toMatch(/damaged and is fetched again/);
    expect(new Uint8Array(await readFile(path.join(folder, sha256)))).toEqual(bytes);
  });

  test('E_DATA_DIGEST for fetched bytes that are others, which are not kept', async () => {
    const { cache } = cacheOf(new Uint8Array([9]));
    await expect(readDataFile(cache, sha256, signal)).rejects.toMatchObject({ code: 'E_DATA_DIGEST' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder that cannot be written costs a warning, not the lease', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const { said, cache } = cacheOf(bytes, path.join(folder, 'file', 'below'));
    expect(await readDataFile(cache, sha256, signal)).toEqual(bytes);
    expect(said.warnings.join()).toMatch(/data file not kept/);
  });
});

describe('identity file', () => {
  const identity = { workerId: '01900000-0000-7000-8000-0000000000aa', secret: 'sesame' };

  test('is one per name and number, inside the data folder whatever the name', () => {
    const place = { dataDir: folder, name: 'worker-1', index: 2 };
    expect(identityPath(place)).toBe(path.join(folder, 'workers', 'worker-1-2.json'));
    expect(path.dirname(identityPath({ ...place, name: '../../etc/x' }))).toBe(path.join(folder, 'workers'));
    expect(path.dirname(identityPath({ ...place, name: '..' }))).toBe(path.join(folder, 'workers'));
  });

  test('is kept, read and forgotten', async () => {
    const file = path.join(folder, 'workers', 'a-0.json');
    expect(await loadIdentity(file)).toBeNull();
    await saveIdentity(file, identity);
    expect(await loadIdentity(file)).toEqual(identity);
    await saveIdentity(file, null);
    expect(await loadIdentity(file)).toBeNull();
    await saveIdentity(file, null);
  });

  test.each(['', 'no JSON', '{}', '{"workerId":"x","secret":"y"}', '[]'])('%p is none', async (text) => {
    const file = path.join(folder, 'identity.json');
    await writeFile(file, text);
    expect(await loadIdentity(file)).toBeNull();
  });
});

test('log lines below the level are left out, and each message is one line', () => {
  const lines: string[] = [];
  const log = logLines('info', (line) => lines.push(line));
  log('debug', 'unseen');
  log('warn', 'two\n  lines');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\S+Z warn {2}two lines\n$/);
});

test('tfjs-node that is not installed rejects, so that the next backend is taken', async () => {
  await expect(loadTfjsNode()).rejects.toThrow(/tfjs-node/);
});
