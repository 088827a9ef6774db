import { describe, expect, test } from '@jest/globals';
import { sha256Hex } from '@gradpool/tensors';
import type { DatasetFile, DatasetManifest } from '@gradpool/experiment';
import { loadDataset } from './dataset.ts';

function idx(dims: readonly number[], values: readonly number[]): Uint8Array {
  return Uint8Array.from([0, 0, 8, dims.length, ...dims.flatMap((dim) => [0, 0, 0, dim]), ...values]);
}

const files: Record<DatasetFile['role'], Uint8Array> = {
  'train-images': idx([2, 1, 2], [1, 2, 3, 4]),
  'train-labels': idx([2], [0, 1]),
  'test-images': idx([1, 1, 2], [5, 6]),
  'test-labels': idx([1], [1]),
};
const manifest: DatasetManifest = {
  name: 'four files',
  image: { height: 1, width: 2, channels: 1 },
  classes: 2,
  train: { images: 2 },
  test: { images: 1 },
  files: Object.entries(files).map(([role, bytes]) => ({
    role: role as DatasetFile['role'],
    sha256: sha256Hex(bytes),
    bytes: bytes.length,
  })),
};

test('reads the pixels and labels of every file', async () => {
  const dataset = await loadDataset(manifest, ({ role }) => Promise.resolve(files[role]));
  expect(Array.from(dataset.trainImages)).toEqual([1, 2, 3, 4]);
  expect(Array.from(dataset.testImages)).toEqual([5, 6]);
  expect([...dataset.trainLabels, ...dataset.testLabels]).toEqual([0, 1, 1]);
});

describe('bytes that are not what the manifest says', () => {
  test('E_DATA_DIGEST: one byte differs', async () => {
    const read = ({ role }: DatasetFile): Promise<Uint8Array> =>
      Promise.resolve(files[role].map((byte, i) => (i === 19 ? 9 : byte)));
    await expect(loadDataset(manifest, read)).rejects.toMatchObject({ code: 'E_DATA_DIGEST' });
  });

  test('E_DATA_MISMATCH: fewer images than claimed', async () => {
    const read = ({ role }: DatasetFile): Promise<Uint8Array> => Promise.resolve(files[role]);
    await expect(loadDataset({ ...manifest, train: { images: 3 } }, read)).rejects.toMatchObject({
      code: 'E_DATA_MISMATCH',
    });
  });

  test('E_DATA_MISSING: a file that the manifest does not list', async () => {
    const read = ({ role }: DatasetFile): Promise<Uint8Array> => Promise.resolve(files[role]);
    await expect(loadDataset({ ...manifest, files: [] }, read)).rejects.toMatchObject({ code: 'E_DATA_MISSING' });
  });
});
