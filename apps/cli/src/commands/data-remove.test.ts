import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetDigest, foundDataset } from '@gradpool/experiment';
import type { SweepView } from '@gradpool/protocol';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeServing } from '../client/data-folder.ts';
import { startFakeCoordinator } from '../testing/fake-coordinator.ts';
import { recordingOutput } from '../testing/recording-output.ts';
import { sampleSweep } from '../testing/sample-room.ts';
import { listData } from './data-list.ts';
import { removeData } from './data-remove.ts';

let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'gradpool-data-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const tokens = { viewer: 'look', join: 'join', trusted: 'trust', admin: 'steer' };
const split = (count: number) => ({
  images: new Uint8Array(20 * count).fill(7),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
});

/** As `gradpool data add` leaves it. */
function addLeaves() {
  const { manifest, files } = foundDataset({
    ...{ name: 'leaves', image: { height: 4, width: 5, channels: 1 }, classes: 2, classNames: ['ash', 'oak'] },
    ...{ train: split(10), test: split(4) },
  });
  const folder = join(dataDir, 'datasets', 'leaves');
  mkdirSync(folder, { recursive: true });
  for (const { role, sha256 } of manifest.files) writeFileSync(join(folder, sha256), files[role]);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return { folder, digest: datasetDigest(manifest) };
}

const list = async (mode: 'plain' | 'json' = 'plain') => {
  const output = recordingOutput(mode);
  await listData({ dataDir, output });
  return output;
};

const remove = async (name: string) => {
  const output = recordingOutput();
  await removeData(name, { dataDir, output });
  return output.text();
};

test('[D4] the list has what was added, and says how to add something where nothing was', async () => {
  expect((await list()).text()).toMatch(/No data set of your own; add one with: gradpool data add NAME FOLDER/);
  const { folder, digest } = addLeaves();
  expect((await list()).text()).toMatch(/leaves +4 x 5, grey +2 +10 +4\n[^]*Every room knows mnist, /);
  expect((await list('json')).values).toEqual([
    [
      {
        ...{ dataset: 'leaves', digest, folder, image: { height: 4, width: 5, channels: 1 } },
        ...{ train: 10, test: 4, classes: ['ash', 'oak'] },
      },
    ],
  ]);
});

describe('[D4] remove', () => {
  test('takes the folder away; a name that is not there is refused with those that are', async () => {
    const { folder } = addLeaves();
    await expect(remove('roots')).rejects.toMatchObject({
      code: 'E_DATA_MISSING',
      message: expect.stringMatching(
        /no data set "roots" was added to .*; there are leaves \(see `gradpool data list`\)$/,
      ),
    });
    await expect(remove('../datasets/leaves')).rejects.toMatchObject({ code: 'E_DATA_MISSING' });
    expect(existsSync(folder)).toBe(true);
    expect(await remove('leaves')).toMatch(/leaves is removed[^]*Nothing serves this folder now/);
    expect(readdirSync(join(dataDir, 'datasets'))).toEqual([]);
    await expect(remove('leaves')).rejects.toMatchObject({ message: expect.stringMatching(/none was added \(see/) });
  });

  test('and one that cannot be read is listed with what is wrong, and removed by its name', async () => {
    const { folder } = addLeaves();
    writeFileSync(join(folder, 'manifest.json'), '{');
    expect((await list()).text()).toMatch(/E_DATA_MANIFEST: The manifest of leaves is not one/);
    expect(await remove('leaves')).toMatch(/leaves is removed/);
    expect(existsSync(folder)).toBe(false);
  });

  test('is refused where the coordinator that serves the folder does not answer', async () => {
    const { folder } = addLeaves();
    writeFileSync(join(dataDir, 'tokens.json'), JSON.stringify(tokens));
    writeServing(dataDir, { url: 'http://127.0.0.1:9', pid: process.pid, ca: null });
    await expect(remove('leaves')).rejects.toMatchObject({
      code: 'E_DATA_IN_USE',
      message: expect.stringMatching(/whether a sweep trains on leaves \(E_UNREACHABLE.*remove coordinator\.json/),
    });
    expect(existsSync(folder)).toBe(true);
  });

  test.each([
    { state: 'running', removed: false },
    { state: 'paused', removed: false },
    { state: 'complete', removed: true },
    { state: 'cancelled', removed: true },
  ] as const)('beside a coordinator whose sweep on it is $state: $removed', async ({ state, removed }) => {
    const { folder, digest } = addLeaves();
    const sweep: SweepView = sampleSweep({ name: 'trees', state, dataset: digest as SweepView['dataset'] });
    const others = [sampleSweep({ name: 'digits' })];
    const fake = await startFakeCoordinator({
      answer: ({ path }) => (path === '/api/sweeps' ? { json: { sweeps: [sweep, ...others] } } : null),
    });
    writeFileSync(join(dataDir, 'tokens.json'), JSON.stringify(tokens));
    writeServing(dataDir, { url: fake.url, pid: process.pid, ca: null });
    try {
      const done = remove('leaves');
      if (removed) await done;
      else {
        await expect(done).rejects.toMatchObject({
          code: 'E_DATA_IN_USE',
          message: expect.stringMatching(/^leaves is what trees trains on; let it finish, or end it with/),
        });
      }
      expect(existsSync(folder)).toBe(!removed);
    } finally {
      await fake.close();
    }
  });
});
