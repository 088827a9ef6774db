import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { sha256Hex } from '@gradpool/tensors';
import { cifar10Files, readCifar10, type CifarBatch } from './cifar.ts';
import { DataError } from './data-error.ts';
import { readIdx } from './idx.ts';
import { datasetDigest } from './manifest.ts';

const recordBytes = 3_073;

/** Records whose planes are all `label`, `label` + 100 and `label` + 200. */
const batch = (name: string, labels: readonly number[]): CifarBatch => ({
  name,
  bytes: Uint8Array.from(
    labels.flatMap((label) => [label, ...[0, 100, 200].flatMap((plane) => Array<number>(1_024).fill(label + plane))]),
  ),
});

const one = batch('test_batch.bin', [7]);

describe('[D8] CIFAR-10 from its binary batches', () => {
  test('records in the order of the files, planes as channels of each pixel', () => {
    const bytes = batch('data_batch_1.bin', [1, 2]).bytes;
    bytes[1 + 33] = 55;
    const { manifest, files } = readCifar10({
      train: [{ name: 'data_batch_1.bin', bytes }, batch('data_batch_2.bin', [3])],
      test: [one],
    });
    expect(manifest).toMatchObject({ name: 'cifar-10', train: { images: 3 }, test: { images: 1 } });
    const { dims, data } = readIdx(files['train-images']);
    expect(dims).toEqual([3, 32, 32, 3]);
    expect([...data.subarray(0, 6)]).toEqual([1, 101, 201, 1, 101, 201]);
    // Second row, second column.
    expect([...data.subarray(3 * 33, 3 * 34)]).toEqual([55, 101, 201]);
    expect([...data.subarray(-3)]).toEqual([3, 103, 203]);
    expect([...readIdx(files['train-labels']).data]).toEqual([1, 2, 3]);
    expect([...readIdx(files['test-labels']).data]).toEqual([7]);
  });

  test('the manifest names each file by its content, so that a prefix is another data set', () => {
    const whole = readCifar10({ train: [batch('a', [1, 2])], test: [one] });
    const part = readCifar10({ train: [batch('a', [1])], test: [one] });
    const [file] = whole.manifest.files;
    expect(file).toEqual({
      role: 'train-images',
      sha256: sha256Hex(whole.files['train-images']),
      bytes: whole.files['train-images'].length,
    });
    expect(datasetDigest(part.manifest)).not.toBe(datasetDigest(whole.manifest));
  });

  test.each([
    ['E_DATA_EMPTY', new Uint8Array(0)],
    ['E_DATA_TRUNCATED', new Uint8Array(recordBytes - 1)],
    ['E_DATA_MISMATCH', new Uint8Array(recordBytes).fill(10)],
  ] as const)('%s', (code, bytes) => {
    const read = () => readCifar10({ train: [{ name: 'data_batch_1.bin', bytes }], test: [one] });
    expect(read).toThrow(DataError);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining('data_batch_1.bin') }));
  });
});

const folder = new URL('../../../../shared/data/cifar-10-batches-bin/', import.meta.url);
const bytesOf = (name: string): Uint8Array | null => {
  try {
    return readFileSync(new URL(name, folder));
  } catch {
    return null;
  }
};
const real = [...cifar10Files.train, ...cifar10Files.test].map((name) => ({ name, bytes: bytesOf(name) }));
const testReal = real.every(({ bytes }) => bytes !== null) ? test : test.skip;

testReal('[D8] the first records of the canonical files', () => {
  const batches = real.map(({ name, bytes }) => ({ name, bytes: bytes ?? new Uint8Array(0) }));
  const { manifest, files } = readCifar10({ train: batches.slice(0, 5), test: batches.slice(5) });
  expect(manifest).toMatchObject({ train: { images: 4_660 }, test: { images: 846 }, classes: 10 });
  // A frog, two trucks, a deer, a car: the labels that the data set is known by.
  expect([...readIdx(files['train-labels']).data.subarray(0, 5)]).toEqual([6, 9, 9, 4, 1]);
  expect([...readIdx(files['test-labels']).data.subarray(0, 5)]).toEqual([3, 8, 8, 0, 6]);
});
