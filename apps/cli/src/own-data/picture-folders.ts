import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, mixed, ownDatasetLimits, splitClass } from '@gradpool/experiment';

export interface ListedPicture {
  /** Absolute path. */
  readonly file: string;
  readonly label: number;
}

/** What a folder of pictures holds. */
export interface ListedPictures {
  /** By label. */
  readonly classNames: readonly string[];
  readonly train: readonly ListedPicture[];
  readonly test: readonly ListedPicture[];
  /** Files beside the pictures that are left out. */
  readonly skipped: readonly string[];
}

/** A class by the name of its folder. */
interface ClassFolder {
  readonly name: string;
  readonly pictures: readonly string[];
  readonly skipped: readonly string[];
}

const layouts = 'FOLDER/CLASS/*.png|jpg, FOLDER/{train,test}/CLASS/*.png|jpg, or the four IDX files of MNIST';

/**
 * The pictures of FOLDER/CLASS/ (of which `testShare` of each class become test pictures) or FOLDER/{train,test}/CLASS/. Labels go by
 * the order of the names, whole numbers by their value. Rejects with DataError E_DATA_CLASSES or E_DATA_MISMATCH.
 */
export async function listPictures(folder: string, testShare: number): Promise<ListedPictures> {
  const { folders, files } = await entriesOf(folder);
  if (folders.length === 2 && folders.includes('train') && folders.includes('test')) return listSplits(folder);
  if (folders.length === 0) {
    const seen = files.length === 0 ? 'is empty' : `has ${files.length} files and no folder for each class`;
    throw new DataError('E_DATA_CLASSES', `${folder} ${seen}; what is read: ${layouts}`);
  }
  const classes = await classesOf(folder, folders);
  const split = classes.map((one, label) => {
    const { train, test } = splitClass(one.name, one.pictures, testShare);
    return { train: labelled(train, label), test: labelled(test, label) };
  });
  return {
    classNames: classes.map(({ name }) => name),
    train: mixed(
      'train',
      split.flatMap(({ train }) => train),
    ),
    test: mixed(
      'test',
      split.flatMap(({ test }) => test),
    ),
    skipped: classes.flatMap(({ skipped }) => skipped),
  };
}

async function listSplits(folder: string): Promise<ListedPictures> {
  const read = async (split: string) => {
    const inside = join(folder, split);
    const { folders } = await entriesOf(inside);
    if (folders.length > 0) return classesOf(inside, folders);
    throw new DataError('E_DATA_CLASSES', `${inside} has no folder for each class; what is read: ${layouts}`);
  };
  const [train, test] = [await read('train'), await read('test')];
  const classNames = train.map(({ name }) => name);
  const stranger = test.find(({ name }) => !classNames.includes(name));
  if (stranger) {
    const known = `train has ${classNames.join(', ')}`;
    throw new DataError(
      'E_DATA_MISMATCH',
      `Class ${stranger.name} is in test and not in train (${known}); name them alike`,
    );
  }
  const pictures = (classes: readonly ClassFolder[]): ListedPicture[] =>
    classes.flatMap((one) => labelled(one.pictures, classNames.indexOf(one.name)));
  return {
    classNames,
    train: mixed('train', pictures(train)),
    test: mixed('test', pictures(test)),
    skipped: [...train, ...test].flatMap(({ skipped }) => skipped),
  };
}

const labelled = (files: readonly string[], label: number): ListedPicture[] => files.map((file) => ({ file, label }));

async function classesOf(folder: string, names: readonly string[]): Promise<ClassFolder[]> {
  const { classesMax, classNameCharsMax } = ownDatasetLimits;
  if (names.length > classesMax) {
    throw new DataError('E_DATA_LIMIT', `${folder} has ${names.length} classes, at most ${classesMax} are taken`);
  }
  const classes: ClassFolder[] = [];
  for (const name of [...names].sort(byName)) {
    if (name.length > classNameCharsMax) {
      const message = `The name of class ${name.slice(0, 20)}… has ${name.length} characters, at most ${classNameCharsMax} are taken`;
      throw new DataError('E_DATA_LIMIT', `${message}; rename its folder`);
    }
    const { files } = await entriesOf(join(folder, name));
    const pictures = files.filter(isPicture);
    if (pictures.length === 0) {
      const message = `${join(folder, name)} has no PNG or JPEG file (${files.length} other files)`;
      throw new DataError('E_DATA_CLASSES', `${message}; put pictures there, or take the folder out`);
    }
    const paths = (listed: readonly string[]): string[] => listed.map((file) => join(folder, name, file));
    classes.push({ name, pictures: paths(pictures), skipped: paths(files.filter((file) => !isPicture(file))) });
  }
  return classes;
}

const isPicture = (file: string): boolean => /\.(png|jpe?g)$/i.test(file);

/** Names of the folders and files in a folder, in the same order everywhere; hidden ones are none. */
async function entriesOf(folder: string): Promise<{ readonly folders: string[]; readonly files: string[] }> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const [folders, files]: [string[], string[]] = [[], []];
  for (const entry of entries) ((await isFolder(folder, entry)) ? folders : files).push(entry.name);
  return { folders: folders.sort(byName), files: files.sort(byName) };
}

async function isFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const target = await stat(join(folder, entry.name)).catch(() => null);
  return target?.isDirectory() ?? false;
}

/** Whole numbers by value and before all else, so that class 10 comes after class 9; the rest by code units, which no language changes. */
function byName(a: string, b: string): number {
  const [first, second] = [wholeNumber(a), wholeNumber(b)];
  if (first !== second) return first - second;
  return a < b ? -1 : a > b ? 1 : 0;
}

const wholeNumber = (name: string): number => (/^\d{1,15}$/.test(name) ? Number(name) : Number.MAX_SAFE_INTEGER);
