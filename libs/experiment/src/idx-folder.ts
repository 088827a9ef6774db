import { DataError } from './data-error.ts';
import { type FoundDataset, named } from './found-dataset.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { type IdxArray, idxLimits, readIdx } from './idx.ts';
import type { FileRole } from './manifest.ts';

/** Bytes of a file of the folder by its name, or null where there is none. */
export type ReadFile = (fileName: string) => Promise<Uint8Array | null>;

const stems: Readonly<Record<FileRole, { readonly prefixes: readonly string[]; readonly kind: string }>> = {
  'train-images': { prefixes: ['train-images'], kind: 'idx3-ubyte' },
  'train-labels': { prefixes: ['train-labels'], kind: 'idx1-ubyte' },
  'test-images': { prefixes: ['t10k-images', 'test-images'], kind: 'idx3-ubyte' },
  'test-labels': { prefixes: ['t10k-labels', 'test-labels'], kind: 'idx1-ubyte' },
};

/** Names under which a file of a data set is looked for, the first found wins. */
export function idxFileNames(role: FileRole): string[] {
  const { prefixes, kind } = stems[role];
  return prefixes.flatMap((prefix) => [
    ...[`${prefix}-${kind}`, `${prefix}-${kind}.gz`],
    ...[`${prefix}.${kind}`, `${prefix}.${kind}.gz`],
  ]);
}

/**
 * Reads a data set of MNIST's format from a folder of four IDX files, packed with gzip or not, and builds its manifest
 * from their digests. Throws DataError E_DATA_MISSING, E_DATA_MISMATCH, E_DATA_GZIP or one of `readIdx`.
 */
export async function readIdxFolder(name: string, read: ReadFile): Promise<FoundDataset> {
  const found = {
    'train-images': await findFile('train-images', read),
    'train-labels': await findFile('train-labels', read),
    'test-images': await findFile('test-images', read),
    'test-labels': await findFile('test-labels', read),
  };
  const train = checkSplit('train', found['train-images'].array, found['train-labels'].array);
  const test = checkSplit('test', found['test-images'].array, found['test-labels'].array);
  if (train.height !== test.height || train.width !== test.width) {
    const seen = `${train.height} x ${train.width} and ${test.height} x ${test.width}`;
    throw new DataError(
      'E_DATA_MISMATCH',
      `Train and test pictures differ in size (${seen}); put one data set in a folder`,
    );
  }
  const described = {
    name,
    image: { height: train.height, width: train.width, channels: 1 },
    classes: Math.max(train.classes, test.classes),
    train: { images: train.images },
    test: { images: test.images },
  };
  return named(described, {
    'train-images': found['train-images'].bytes,
    'train-labels': found['train-labels'].bytes,
    'test-images': found['test-images'].bytes,
    'test-labels': found['test-labels'].bytes,
  });
}

interface FoundFile {
  /** Uncompressed. */
  readonly bytes: Uint8Array;
  readonly array: IdxArray;
}

async function findFile(role: FileRole, read: ReadFile): Promise<FoundFile> {
  const names = idxFileNames(role);
  for (const fileName of names) {
    const bytes = await read(fileName);
    if (bytes !== null) return unpacked(bytes, fileName);
  }
  throw new DataError('E_DATA_MISSING', `The folder has no ${role}; put one of ${names.join(', ')} there`);
}

async function unpacked(given: Uint8Array, fileName: string): Promise<FoundFile> {
  try {
    const bytes = isGzip(given) ? await gunzip(given, idxLimits.valuesMax) : given;
    return { bytes, array: readIdx(bytes) };
  } catch (error) {
    throw error instanceof DataError ? new DataError(error.code, `${fileName}: ${error.message}`) : error;
  }
}

function checkSplit(split: string, pictures: IdxArray, labels: IdxArray) {
  const [images = 0, height = 0, width = 0] = pictures.dims;
  if (pictures.dims.length !== 3 || labels.dims.length !== 1 || labels.dims[0] !== images) {
    const seen = `pictures ${pictures.dims.join(' x ')}, labels ${labels.dims.join(' x ')}`;
    throw new DataError(
      'E_DATA_MISMATCH',
      `The ${split} files do not belong together: ${seen}; expected N x height x width and N`,
    );
  }
  const classes = labels.data.reduce((most, label) => Math.max(most, label), 0) + 1;
  return { images, height, width, classes };
}
