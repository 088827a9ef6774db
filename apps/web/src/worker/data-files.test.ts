import { describe, expect, test } from '@jest/globals';
import type { Digest } from '@gradpool/protocol';
import { sha256Hex } from '@gradpool/tensors';
import { browserDigest, dataFiles } from './data-files.ts';
import { cacheStore, forgetful, type FileStore } from './file-store.ts';
import { prefetch } from './prefetch.ts';

const bytes = Uint8Array.of(1, 2, 3);
const sha256 = sha256Hex(bytes) as Digest;
const never = new AbortController().signal;

function memoryStore(): FileStore & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    get: (name) => Promise.resolve(files.get(name) ?? null),
    put: (name, file) => Promise.resolve(void files.set(name, file)),
  };
}

function reader(store: FileStore, served: Uint8Array = bytes) {
  const seen = { fetches: 0, fetching: [] as number[], notKept: [] as string[], warnings: 0 };
  const files = dataFiles({
    store: Promise.resolve(store),
    fetchFile: () => Promise.resolve(void (seen.fetches += 1)).then(() => served.slice()),
    digestOf: browserDigest,
    onFetching: (left) => seen.fetching.push(left),
    onNotKept: (message) => seen.notKept.push(message),
    warn: () => (seen.warnings += 1),
  });
  return { files, seen };
}

describe('data files in a browser', () => {
  test('are fetched once, also by the next visit', async () => {
    const store = memoryStore();
    const first = reader(store);
    expect(await first.files.read(sha256, 3, never)).toEqual(bytes);
    expect(first.seen.fetching).toEqual([3, 0]);
    const second = reader(store);
    expect(await second.files.read(sha256, 3, never)).toEqual(bytes);
    expect(second.seen.fetches).toBe(0);
  });

  test('are fetched once by two leases that ask at once, and by one that was expected', async () => {
    const { files, seen } = reader(memoryStore());
    await Promise.all([files.read(sha256, 3, never), files.read(sha256, 3, never)]);
    expect(seen.fetches).toBe(1);
    const ahead = reader(forgetful('off'));
    ahead.files.ahead(sha256, 3, never);
    await ahead.files.read(sha256, 3, never);
    expect(ahead.seen.fetches).toBe(1);
  });

  test('a damaged copy is fetched again', async () => {
    const store = memoryStore();
    store.files.set(sha256, Uint8Array.of(9));
    const { files, seen } = reader(store);
    expect(await files.read(sha256, 3, never)).toEqual(bytes);
    expect(seen).toMatchObject({ fetches: 1, warnings: 1 });
  });

  test('what comes with another digest is refused, and asked for again next time', async () => {
    const { files, seen } = reader(memoryStore(), Uint8Array.of(4));
    const read = () => files.read(sha256, 3, never);
    await expect(read()).rejects.toMatchObject({ code: 'E_DATA_DIGEST' });
    await expect(read()).rejects.toMatchObject({ code: 'E_DATA_DIGEST' });
    expect(seen.fetches).toBe(2);
  });

  test('storage that is full or forbidden costs the next visit a download, nothing else', async () => {
    const { files, seen } = reader(forgetful('QuotaExceededError: storage is full'));
    expect(await files.read(sha256, 3, never)).toEqual(bytes);
    await Promise.resolve();
    expect(seen.notKept).toEqual(['QuotaExceededError: storage is full']);
  });

  test('a broken store is passed over', async () => {
    const store = { get: () => Promise.reject(new Error('gone')), put: () => Promise.reject(new Error('gone')) };
    expect(await reader(store).files.read(sha256, 3, never)).toEqual(bytes);
  });
});

test('Cache Storage keeps a file under its digest', async () => {
  const kept = new Map<string, Response>();
  const store = cacheStore({
    match: (address) => Promise.resolve(kept.get(address as string)?.clone()),
    put: (address, response) => Promise.resolve(void kept.set(address as string, response)),
  });
  expect(await store.get(sha256)).toBeNull();
  await store.put(sha256, bytes);
  expect(await store.get(sha256)).toEqual(bytes);
});

test('without a secure context digests are computed in JavaScript, to the same value', async () => {
  const whole = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  expect(await browserDigest(bytes)).toBe(sha256);
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
  const insecure = await browserDigest(bytes);
  if (whole) Object.defineProperty(globalThis, 'crypto', whole);
  expect(insecure).toBe(sha256);
});

test('a head start that fails says nothing', async () => {
  const asked: string[] = [];
  const sweeps = () => Promise.reject(new Error('down'));
  await prefetch({ sweeps, manifest: () => Promise.resolve({}), ahead: (name) => asked.push(name) });
  expect(asked).toEqual([]);
});
