import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkOwnShape,
  checkOwnSize,
  DataError,
  foundDataset,
  idxFileNames,
  imageSize,
  readIdx,
  readIdxFolder,
  resizePicture,
  type FoundDataset,
  type ImageShape,
  type SplitPictures,
} from '@gradpool/experiment';
import { decodePicture } from './decode-picture.ts';
import { listPictures, type ListedPicture } from './picture-folders.ts';

export interface OwnDataOptions {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** Null: 28 x 28 for pictures, and as they are for IDX files. */
  readonly size: { readonly height: number; readonly width: number } | null;
  readonly channels: 1 | 3;
  /** Share of each class that becomes test pictures where the folder does not say. */
  readonly testShare: number;
  readonly onProgress: (done: number, of: number) => void;
}

/** A data set, and the files beside its pictures that were left out. */
export interface OwnData extends FoundDataset {
  readonly skipped: readonly string[];
}

const sideDefault = 28;

/** Reads a user's folder, whichever of its layouts it has. Rejects with a DataError that names the file. */
export async function readOwnData(options: OwnDataOptions): Promise<OwnData> {
  const { folder } = options;
  const there = await stat(folder).catch(() => null);
  if (!there?.isDirectory()) {
    const seen = there ? 'is a file, no folder' : 'is not there';
    throw new DataError('E_DATA_MISSING', `${folder} ${seen}; name the folder that holds the data set`);
  }
  const names = new Set(await readdir(folder));
  const idx = (['train-images', 'train-labels', 'test-images', 'test-labels'] as const).flatMap(idxFileNames);
  return idx.some((name) => names.has(name)) ? readIdxFiles(options) : readPictures(options);
}

async function readPictures({ name, folder, size, channels, testShare, onProgress }: OwnDataOptions): Promise<OwnData> {
  const image: ImageShape = { ...(size ?? { height: sideDefault, width: sideDefault }), channels };
  checkOwnShape(image);
  const { classNames, train, test, skipped } = await listPictures(folder, testShare);
  const pictures = train.length + test.length;
  checkOwnSize(image, pictures);
  let done = 0;
  const read = (listed: readonly ListedPicture[]) => readSplit(listed, image, () => onProgress((done += 1), pictures));
  const parts = { name, image, classes: classNames.length, classNames };
  return { ...foundDataset({ ...parts, train: await read(train), test: await read(test) }), skipped };
}

async function readSplit(
  listed: readonly ListedPicture[],
  image: ImageShape,
  onRead: () => void,
): Promise<SplitPictures> {
  const values = imageSize(image);
  const images = new Uint8Array(listed.length * values);
  for (const [i, { file }] of listed.entries()) {
    const bytes = await readFile(file).catch((error: unknown) => {
      throw new DataError('E_DATA_PICTURE', `${file} cannot be read (${String(error)}); check who may read it`);
    });
    images.set(resizePicture(decodePicture(bytes, file), image), i * values);
    onRead();
  }
  return { images, labels: Uint8Array.from(listed, ({ label }) => label) };
}

async function readIdxFiles({ name, folder, size, channels }: OwnDataOptions): Promise<OwnData> {
  if (channels !== 1) {
    throw new DataError('E_DATA_MISMATCH', `${folder} has IDX files, whose pictures are grey; leave out --colour rgb`);
  }
  const read = async (file: string) => readFile(join(folder, file)).catch(() => null);
  const found = await readIdxFolder(name, read).catch((error: unknown) => {
    if (error instanceof DataError) throw new DataError(error.code, `${folder}: ${error.message}`);
    throw error;
  });
  const before = found.manifest.image;
  const image = { ...(size ?? before), channels };
  checkOwnShape(image);
  checkOwnSize(image, found.manifest.train.images + found.manifest.test.images);
  if (image.height === before.height && image.width === before.width) return { ...found, skipped: [] };
  const resized = (split: 'train' | 'test'): SplitPictures => {
    const labels = readIdx(found.files[`${split}-labels`]).data;
    return { images: resizeAll(readIdx(found.files[`${split}-images`]).data, before, image), labels };
  };
  const { classes } = found.manifest;
  return { ...foundDataset({ name, image, classes, train: resized('train'), test: resized('test') }), skipped: [] };
}

function resizeAll(pictures: Uint8Array, before: ImageShape, after: ImageShape): Uint8Array {
  const [old, values] = [imageSize(before), imageSize(after)];
  const resized = new Uint8Array((pictures.length / old) * values);
  for (let i = 0; i * old < pictures.length; i += 1) {
    resized.set(resizePicture({ ...before, data: pictures.subarray(i * old, (i + 1) * old) }, after), i * values);
  }
  return resized;
}
