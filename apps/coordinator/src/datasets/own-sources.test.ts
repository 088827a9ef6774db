import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { datasetDigest, foundDataset, type DatasetManifest } from '@gradpool/experiment';
import { apiError } from '@gradpool/protocol';
import { afterEach, expect, test } from '@jest/globals';
import { postJson } from '../testing/sweeps.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { datasetSources } from './dataset-sources.ts';

afterEach(stopTestCoordinators);

const image = { height: 4, width: 5, channels: 1 };
const split = (count: number) => ({
  images: Uint8Array.from({ length: 20 * count }, (_, i) => i % 256),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
});
const { manifest, files } = foundDataset({
  ...{ name: 'leaves', image, classes: 2, classNames: ['ash', 'oak'] },
  ...{ train: split(10), test: split(4) },
});

/** As `gradpool data add` leaves it. */
async function addLeaves(dataDir: string, name = 'leaves'): Promise<string> {
  const folder = path.join(dataDir, 'datasets', name);
  await mkdir(folder, { recursive: true });
  for (const { role, sha256 } of manifest.files) await writeFile(path.join(folder, sha256), files[role]);
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify({ ...manifest, name }));
  return folder;
}

const spec = {
  name: 'own',
  parameters: { dataset: { value: 'leaves' }, latent: { value: 2 }, validation_images: { value: 2 } },
};
const submitOwn = (room: TestCoordinator) => room.request('/api/sweeps', postJson({ spec }));
const told = async (answer: Response) => ({ status: answer.status, ...apiError.parse(await answer.json()) });
const withMnist = () => testCoordinator({ datasets: datasetSources({}) });

async function listed(room: TestCoordinator): Promise<string[]> {
  const answer = await room.request('/api/datasets', { role: 'viewer' });
  return ((await answer.json()) as { datasets: DatasetManifest[] }).datasets.map(({ name }) => name).sort();
}

test('[D10] what is added while the coordinator runs can be named at once, and is served by its content', async () => {
  const room = await withMnist();
  expect(await told(await submitOwn(room))).toMatchObject({
    status: 422,
    code: 'E_SWEEP_DATASET',
    message: expect.stringMatching(
      /"leaves"; known are cifar-10, mnist, fashion-mnist; add it with: gradpool data add/,
    ),
  });
  await addLeaves(room.dataDir);
  expect(await listed(room)).toEqual(['cifar-10', 'fashion-mnist', 'leaves', 'mnist']);
  expect((await submitOwn(room)).status).toBe(200);
  const [sweep] = room.room.sweeps();
  expect(sweep?.dataset).toBe(datasetDigest(manifest));
  const served = await room.request(`/api/datasets/${sweep?.dataset}`, { role: 'viewer' });
  expect(await served.json()).toEqual(manifest);
  for (const { sha256, role } of manifest.files) {
    const bytes = await (await room.request(`/data/${sha256}`, { role: 'viewer' })).arrayBuffer();
    expect(new Uint8Array(bytes)).toEqual(files[role]);
  }
});

test('[D10] a file of another content is refused to the one who submits', async () => {
  const room = await withMnist();
  const folder = await addLeaves(room.dataDir);
  await writeFile(path.join(folder, manifest.files[0]?.sha256 ?? ''), 'other');
  expect(await told(await submitOwn(room))).toMatchObject({ status: 503, code: 'E_DATA_DIGEST' });
  await rm(path.join(folder, manifest.files[0]?.sha256 ?? ''));
  expect(await told(await submitOwn(room))).toMatchObject({
    code: 'E_DATA_UNAVAILABLE',
    message: expect.stringContaining('add the data set again'),
  });
});

test('[D10] a manifest that cannot be read, or a folder of another name, leaves the rest alone', async () => {
  const room = await withMnist();
  const folder = await addLeaves(room.dataDir);
  await rename(folder, path.join(room.dataDir, 'datasets', 'roots'));
  await mkdir(folder);
  await writeFile(path.join(folder, 'manifest.json'), '{');
  expect(await listed(room)).toEqual(['cifar-10', 'fashion-mnist', 'mnist']);
  await rm(path.join(room.dataDir, 'datasets'), { recursive: true });
  await addLeaves(room.dataDir);
  expect(await listed(room)).toContain('leaves');
  expect(await readdir(path.join(room.dataDir, 'datasets'))).toEqual(['leaves']);
});

test('[D10] a file that two data sets share is served after one of them is removed', async () => {
  const room = await withMnist();
  const first = await addLeaves(room.dataDir);
  const [{ sha256 } = { sha256: '' }] = manifest.files;
  const get = async () => (await room.request(`/data/${sha256}`, { role: 'viewer' })).status;
  await listed(room);
  expect(await get()).toBe(200);
  const second = await addLeaves(room.dataDir, 'trees');
  await rm(first, { recursive: true });
  expect(await get()).toBe(200);
  await rm(second, { recursive: true });
  expect(await get()).toBe(404);
});
