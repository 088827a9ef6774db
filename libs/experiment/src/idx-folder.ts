import { sha256Hex } from '@gradpool/tensors';
import { DataError } from './data-error.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { type IdxArray, idxLimits, readIdx } from './idx.ts';
import type { DatasetManifest, FileRole } from './manifest.ts';

/** A data set found in a folder: its manifest, and the uncompressed bytes of each file by role. */
export interface FoundDataset {
  readonly manifest: DatasetManifest;
  readonly files: Readonly<Record<FileRole, Uint8Array>>;
}

/** Bytes of a file of the folder by its name, or null where there is none. */
export type ReadFile = (fileName: string) => Promise<Uint8Array | null>;

const stems: Readonly<Record<FileRole, { readonly prefix: string; readonly kind: string }>> = {
  'train-images': { prefix: 'train-images', kind: 'idx3-ubyte' },
  'train-labels': { prefix: 'train-labels', kind: 'idx1-ubyte' },
  'test-images': { prefix: 't10k-images', kind: 'idx3-ubyte' },
  'test-labels': { prefix: 't10k-labels', kind: 'idx1-ubyte' },
};

/** Names under which a file of a data set is looked for, the first found wins. */
export function idxFileNames(role: FileRole): string[] {
  const { prefix, kind } = stems[role];
  return [`${prefix}-${kind}`, `${prefix}-${kind}.gz`, `${prefix}.${kind}`, `${prefix}.${kind}.gz`];
}

/**
 * Reads a data set of MNIST's format from a folder of four IDX files, packed with gzip or not, and builds its manifest
 * from their digests. Throws DataError E_DATA_MISSING, E_DATA_MISMATCH, E_DATA_GZIP or one of `readIdx`.
 */
export async function readIdxFolder(name: string, read: ReadFile): Promise<FoundDataset> {
  const files = {
    'train-images': await findFile('train-images', read),
    'train-labels': await findFile('train-labels', read),
    'test-images': await findFile('test-images', read),
    'test-labels': await findFile('test-labels', read),
  };
  const train = checkSplit('train', readIdx(files['train-images']), readIdx(files['train-labels']));
  const test = checkSplit('test', readIdx(files['test-images']), readIdx(files['test-labels']));
  if (train.height !== test.height || train.width !== test.width) {
    const seen = `${train.height} x ${train.width} and ${test.height} x ${test.width}`;
    throw new DataError(
      'E_DATA_MISMATCH',
      `Train and test pictures differ in size (${seen}); put one data set in a folder`,
    );
  }
  const manifest: DatasetManifest = {
    name,
    image: { height: train.height, width: train.width, channels: 1 },
    classes: Math.max(train.classes, test.classes),
    train: { images: train.images },
    test: { images: test.images },
    files: roles.map((role) => ({ role, sha256: sha256Hex(files[role]), bytes: files[role].length })),
  };
  return { manifest, files };
}

const roles: readonly FileRole[] = ['train-images', 'train-labels', 'test-images', 'test-labels'];

async function findFile(role: FileRole, read: ReadFile): Promise<Uint8Array> {
  const names = idxFileNames(role);
  for (const fileName of names) {
    const bytes = await read(fileName);
    if (bytes !== null) return isGzip(bytes) ? await gunzip(bytes, idxLimits.valuesMax) : bytes;
  }
  throw new DataError('E_DATA_MISSING', `The folder has no ${role}; put one of ${names.join(', ')} there`);
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
