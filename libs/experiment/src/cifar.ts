import { DataError } from './data-error.ts';
import { type FoundDataset, foundDataset, type SplitPictures } from './found-dataset.ts';
import { cifar10Manifest } from './manifest.ts';

/** Folder that the official archive unpacks to, and where it is looked for in a data folder. */
export const cifarFolderName = 'cifar-10-batches-bin';

/** Files of the official binary archive, in the order in which their records count. */
export const cifar10Files = {
  train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
  test: ['test_batch.bin'],
} as const;

const { image, classes, name } = cifar10Manifest;
const planeValues = image.height * image.width;
const imageValues = image.channels * planeValues;
const recordBytes = 1 + imageValues;

/** A batch file by its name. */
export interface CifarBatch {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * CIFAR-10 (Krizhevsky 2009) from its binary batches, whole or cut off after any record: a record is one label byte and
 * three planes of 32 x 32 (red, green, blue). Pictures are turned to [count, height, width, channels], and the four files
 * are written as IDX, as every data set's are. Throws DataError E_DATA_EMPTY, E_DATA_TRUNCATED or E_DATA_MISMATCH.
 */
export function readCifar10(batches: {
  readonly train: readonly CifarBatch[];
  readonly test: readonly CifarBatch[];
}): FoundDataset {
  return foundDataset({ name, image, classes, train: readRecords(batches.train), test: readRecords(batches.test) });
}

function readRecords(batches: readonly CifarBatch[]): SplitPictures {
  const count = batches.reduce((sum, batch) => sum + recordsOf(batch), 0);
  const images = new Uint8Array(count * imageValues);
  const labels = new Uint8Array(count);
  let record = 0;
  for (const { name: file, bytes } of batches) {
    for (let at = 0; at < bytes.length; at += recordBytes) {
      labels[record] = checkedLabel(bytes[at]!, file, at);
      interleave(bytes.subarray(at + 1, at + recordBytes), images, record * imageValues);
      record += 1;
    }
  }
  return { images, labels };
}

function recordsOf({ name: file, bytes }: CifarBatch): number {
  if (bytes.length === 0) throw new DataError('E_DATA_EMPTY', `${file} is empty (0 bytes); fetch it again`);
  if (bytes.length % recordBytes === 0) return bytes.length / recordBytes;
  throw new DataError(
    'E_DATA_TRUNCATED',
    `${file} has ${bytes.length} bytes, which is no whole number of records of ${recordBytes}; fetch it again`,
  );
}

function checkedLabel(label: number, file: string, at: number): number {
  if (label < classes) return label;
  throw new DataError(
    'E_DATA_MISMATCH',
    `${file} has the label ${label} at byte ${at}, where CIFAR-10 has 0 to ${classes - 1}; put the binary version of CIFAR-10 there`,
  );
}

/** Planes one after the other become the channels of each pixel. */
function interleave(planes: Uint8Array, images: Uint8Array, first: number): void {
  for (let pixel = 0; pixel < planeValues; pixel += 1) {
    for (let channel = 0; channel < image.channels; channel += 1) {
      images[first + pixel * image.channels + channel] = planes[channel * planeValues + pixel]!;
    }
  }
}
