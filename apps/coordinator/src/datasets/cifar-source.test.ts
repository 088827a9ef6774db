import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cifar10Files, datasetDigest } from '@gradpool/experiment';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { cifarSource } from './cifar-source.ts';
import { DatasetCatalog } from './dataset-catalog.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'gradpool-cifar-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const options = (wanted = true) => ({ folder: path.join(dir, 'bin'), wanted, cacheDir: path.join(dir, 'cache') });

async function writeBatches(but?: string): Promise<void> {
  await mkdir(path.join(dir, 'bin'));
  const names = [...cifar10Files.train, ...cifar10Files.test].filter((name) => name !== but);
  for (const name of names) await writeFile(path.join(dir, 'bin', name), new Uint8Array(3_073).fill(1));
}

test('[D4] the catalog serves what was laid by, and a second start lays by nothing new', async () => {
  await writeBatches();
  const source = await cifarSource(options());
  const catalog = new DatasetCatalog(source ? [source] : [], options().cacheDir);
  const found = catalog.byName('cifar-10');
  expect(found?.manifest).toMatchObject({ train: { images: 5 }, test: { images: 1 } });
  await catalog.check(found?.digest ?? '');
  const laidBy = (await readdir(options().cacheDir)).sort();
  expect(laidBy).toEqual(source?.manifest.files.map(({ sha256 }) => sha256).sort());
  expect(datasetDigest((await cifarSource(options()))!.manifest)).toBe(found?.digest);
  expect((await readdir(options().cacheDir)).sort()).toEqual(laidBy);
});

test('[D4] no folder is no data set, and the refusal of a sweep says how to get it', async () => {
  expect(await cifarSource(options(false))).toBeNull();
  expect(new DatasetCatalog([], options().cacheDir).remedy('cifar-10')).toContain('gradpool fetch cifar-10');
});

test('[D4] a folder that was named, or is there, must hold all six files', async () => {
  await expect(cifarSource(options())).rejects.toMatchObject({ code: 'E_DATA_UNAVAILABLE', exit: 2 });
  await writeBatches('data_batch_3.bin');
  await expect(cifarSource(options(false))).rejects.toThrow('data_batch_3.bin');
});

test('[D4] a file that was cut off within a record is refused by its name', async () => {
  await writeBatches();
  await writeFile(path.join(dir, 'bin', 'test_batch.bin'), new Uint8Array(3_000));
  await expect(cifarSource(options())).rejects.toMatchObject({ code: 'E_DATA_TRUNCATED', exit: 2 });
});
