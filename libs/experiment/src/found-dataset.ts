import { sha256Hex } from '@gradpool/tensors';
import { writeIdx } from './idx.ts';
import type { DatasetManifest, FileRole } from './manifest.ts';

/** A data set that was read: its manifest, and the uncompressed bytes of each file by role. */
export interface FoundDataset {
  readonly manifest: DatasetManifest;
  readonly files: Readonly<Record<FileRole, Uint8Array>>;
}

/** `images` are bytes 0 to 255, [count, height, width, channels]; one byte of `labels` for each. */
export interface SplitPictures {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

export interface DatasetParts extends Pick<DatasetManifest, 'name' | 'image' | 'classes' | 'classNames'> {
  readonly train: SplitPictures;
  readonly test: SplitPictures;
}

/** Writes the pictures as the four IDX files that every data set has, and names them by their content. */
export function foundDataset({ train, test, ...described }: DatasetParts): FoundDataset {
  const { image } = described;
  const imagesFile = ({ images, labels }: SplitPictures): Uint8Array =>
    writeIdx([labels.length, image.height, image.width, ...(image.channels === 1 ? [] : [image.channels])], images);
  const labelsFile = ({ labels }: SplitPictures): Uint8Array => writeIdx([labels.length], labels);
  return named(
    { ...described, train: { images: train.labels.length }, test: { images: test.labels.length } },
    {
      'train-images': imagesFile(train),
      'train-labels': labelsFile(train),
      'test-images': imagesFile(test),
      'test-labels': labelsFile(test),
    },
  );
}

/** A data set of these files, its manifest completed by their digests. */
export function named(
  described: Omit<DatasetManifest, 'files'>,
  files: Readonly<Record<FileRole, Uint8Array>>,
): FoundDataset {
  const listed = (Object.keys(files) as FileRole[]).map((role) => {
    return { role, sha256: sha256Hex(files[role]), bytes: files[role].length };
  });
  return { manifest: { ...described, files: listed }, files };
}
