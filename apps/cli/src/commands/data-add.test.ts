import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { datasetDigest, readIdx, writeIdx, type DatasetManifest, type FileRole } from '@gradpool/experiment';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { run } from '../run.ts';
import { mnistDigits, rgbaOf } from '../testing/mnist-digits.ts';
import { recordingOutput } from '../testing/recording-output.ts';
import { addData, type DataAddOptions } from './data-add.ts';
import { checkSweep } from './sweep-file.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gradpool-own-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const digits = mnistDigits(120);
const words = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const side = 28;

function put(file: string, bytes: Uint8Array): void {
  const at = join(dir, 'mine', file);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, bytes);
}

function png(pixels: Uint8Array): Buffer {
  const picture = new PNG({ width: side, height: side });
  picture.data = rgbaOf(pixels);
  return PNG.sync.write(picture);
}

/** The digits as files, every third a JPEG. */
const pictures = digits.map(({ label, pixels }, i) => {
  if (i % 3 !== 0) return { label, name: `${i}.png`, bytes: png(pixels) };
  return { label, name: `${i}.JPG`, bytes: encodeJpeg({ width: side, height: side, data: rgbaOf(pixels) }, 95).data };
});

/** In folders that `folderOf` names. */
function putDigits(folderOf: (label: number, i: number) => string): void {
  pictures.forEach(({ label, name, bytes }, i) => put(`${folderOf(label, i)}/${name}`, bytes));
}

const add = (options: Partial<DataAddOptions> = {}) => {
  const output = options.output ?? recordingOutput();
  const standard = { name: 'mine', folder: join(dir, 'mine'), size: null, channels: 1, testShare: 0.2 } as const;
  return addData({ ...standard, ...options, dataDir: join(dir, 'data'), output });
};

const kept = (): string => join(dir, 'data', 'datasets', 'mine');
const manifest = () => JSON.parse(readFileSync(join(kept(), 'manifest.json'), 'utf8')) as DatasetManifest;
function fileOf(role: FileRole) {
  const file = manifest().files.find((known) => known.role === role);
  return readIdx(readFileSync(join(kept(), file?.sha256 ?? '')));
}

describe('[D2] a folder for each class', () => {
  test('becomes four files by their digest: a share of each class to test with, classes mixed', async () => {
    putDigits((label) => words[label]!);
    put('zero/readme.txt', Buffer.from('hello'));
    const output = recordingOutput();
    await add({ output });
    const { name, image, classes, classNames, train, test: tested } = manifest();
    expect({ name, image, classes }).toEqual({
      name: 'mine',
      image: { height: 28, width: 28, channels: 1 },
      classes: 10,
    });
    expect(classNames).toEqual(words.toSorted());
    expect(train.images + tested.images).toBe(120);
    expect(readdirSync(kept()).sort()).toEqual(
      ['manifest.json', ...manifest().files.map(({ sha256 }) => sha256)].sort(),
    );
    expect(new Set(fileOf('test-labels').data).size).toBe(10);
    expect(new Set(fileOf('train-labels').data.subarray(-20)).size).toBeGreaterThan(5);
    expect(output.text()).toMatch(/mine is ready[^]*dataset: \{value: mine\}[^]*Left out 1 file .*readme\.txt/);
  });

  test('every PNG is there to the bit under its own label', async () => {
    putDigits((label) => words[label]!);
    await add();
    const { classNames = [] } = manifest();
    const found = (['train', 'test'] as const).flatMap((split) => {
      const { data } = fileOf(`${split}-images`);
      return Array.from(fileOf(`${split}-labels`).data, (label, i) => {
        return `${classNames[label]} ${data.subarray(i * 784, (i + 1) * 784).join()}`;
      });
    });
    const wanted = digits.flatMap(({ label, pixels }, i) => (i % 3 === 0 ? [] : [`${words[label]} ${pixels.join()}`]));
    expect(found).toEqual(expect.arrayContaining(wanted));
  });

  test('the same folder again is the same data set; another one under the name is refused and changes nothing', async () => {
    putDigits((label) => words[label]!);
    await add();
    const before = datasetDigest(manifest());
    const output = recordingOutput();
    await add({ output });
    expect(output.text()).toContain('is there already, with the same pictures');
    await expect(add({ size: { height: 14, width: 14 } })).rejects.toMatchObject({ code: 'E_DATA_EXISTS', exit: 2 });
    expect(datasetDigest(manifest())).toBe(before);
    expect(readdirSync(dirname(kept()))).toEqual(['mine']);
  });

  test('whole numbers are classes in their order; sizes and colour as asked', async () => {
    putDigits((_, i) => String(i % 12));
    await add({ size: { height: 8, width: 12 }, channels: 3 });
    expect(manifest().classNames).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
    expect(manifest().image).toEqual({ height: 8, width: 12, channels: 3 });
    expect(fileOf('test-images').dims.slice(1)).toEqual([8, 12, 3]);
  });

  test('train and test folders are taken as they are', async () => {
    putDigits((label, i) => `${i < 80 ? 'train' : 'test'}/${label % 2 === 0 ? 'even' : 'odd'}`);
    await add();
    expect(manifest()).toMatchObject({ classNames: ['even', 'odd'], train: { images: 80 }, test: { images: 40 } });
  });
});

describe('[D2] IDX files', () => {
  const putIdx = (split: string, { gzip = false, from = 0, labels = 0 } = {}) => {
    const some = digits.slice(from, from + 20);
    const images = writeIdx([20, side, side], Buffer.concat(some.map(({ pixels }) => pixels)));
    const told = writeIdx(
      [20 + labels],
      Uint8Array.from({ length: 20 + labels }, (_, i) => some[i % 20]!.label),
    );
    const packed = (bytes: Uint8Array) => (gzip ? gzipSync(bytes) : bytes);
    put(`${split}-images-idx3-ubyte${gzip ? '.gz' : ''}`, packed(images));
    put(`${split}-labels-idx1-ubyte${gzip ? '.gz' : ''}`, packed(told));
  };

  test.each(['t10k', 'test'])('packed or not, with %s names, stay as they are', async (tested) => {
    putIdx('train', { gzip: true });
    putIdx(tested, { from: 20 });
    await add();
    expect(manifest()).toMatchObject({ image: { height: 28, width: 28, channels: 1 }, train: { images: 20 } });
    expect(manifest().classNames).toBeUndefined();
    expect(fileOf('test-images').data.subarray(0, 784)).toEqual(Uint8Array.from(digits[20]!.pixels));
  });

  test('are resized where a size is asked for', async () => {
    putIdx('train');
    putIdx('t10k');
    await add({ size: { height: 14, width: 14 } });
    expect(fileOf('train-images').dims).toEqual([20, 14, 14]);
    expect(fileOf('train-labels').data).toEqual(Uint8Array.from(digits.slice(0, 20), ({ label }) => label));
  });

  test('must fit together, and be grey', async () => {
    putIdx('train', { labels: 1 });
    putIdx('t10k');
    await expect(add()).rejects.toMatchObject({
      code: 'E_DATA_MISMATCH',
      message: expect.stringMatching(/mine: The train files do not belong together: pictures 20 x 28 x 28, labels 21/),
    });
    await expect(add({ channels: 3 })).rejects.toMatchObject({ code: 'E_DATA_MISMATCH' });
    put('train-images-idx3-ubyte', Buffer.from('no IDX file'));
    await expect(add()).rejects.toMatchObject({
      code: 'E_DATA_MAGIC',
      message: expect.stringContaining('train-images-idx3-ubyte'),
    });
    putIdx('train');
    rmSync(join(dir, 'mine', 't10k-labels-idx1-ubyte'));
    await expect(add()).rejects.toMatchObject({ code: 'E_DATA_MISSING' });
  });
});

describe('[D3] what cannot become a data set is refused, and nothing is kept', () => {
  afterEach(() => expect(readdirSync(dir)).not.toContain('data'));

  const refused = async (code: string, message: RegExp, options: Partial<DataAddOptions> = {}) => {
    await expect(add(options)).rejects.toMatchObject({ code, exit: 2, message: expect.stringMatching(message) });
  };

  test('a folder that is not there, or a file', async () => {
    await refused('E_DATA_MISSING', /mine is not there; name the folder/);
    put('x', Buffer.from(''));
    await refused('E_DATA_MISSING', /x is a file, no folder/, { folder: join(dir, 'mine', 'x') });
  });

  test('pictures without folders for classes', async () => {
    mkdirSync(join(dir, 'mine'));
    await refused('E_DATA_CLASSES', /mine is empty; what is read: FOLDER\/CLASS/);
    put('a.png', png(digits[0]!.pixels));
    await refused('E_DATA_CLASSES', /has 1 files and no folder for each class/);
  });

  test('a class without pictures, or with a single one', async () => {
    put('cat/a.gif', Buffer.from('GIF89a'));
    await refused('E_DATA_CLASSES', /cat has no PNG or JPEG file \(1 other files\)/);
    put('cat/a.png', png(digits[0]!.pixels));
    await refused('E_DATA_CLASSES', /Class cat has 1 picture; each needs/);
  });

  test('a class in test that train has not', async () => {
    put('train/cat/a.png', png(digits[0]!.pixels));
    put('test/dog/a.png', png(digits[0]!.pixels));
    await refused('E_DATA_MISMATCH', /Class dog is in test and not in train \(train has cat\)/);
  });

  test('a picture that cannot be read, by its name', async () => {
    put('cat/a.png', png(digits[0]!.pixels));
    put('cat/b.png', Buffer.from('nothing'));
    await refused('E_DATA_PICTURE', /mine\/cat\/b\.png starts with 6e 6f 74/);
  });

  test('too many classes, pictures too large', async () => {
    for (let i = 0; i < 257; i += 1) put(`${i}/a.png`, Buffer.from(''));
    await refused('E_DATA_LIMIT', /257 classes, at most 256/);
    await refused('E_DATA_LIMIT', /12288 values, at most 4096/, { size: { height: 64, width: 64 }, channels: 3 });
  });

  test('names that are none, or taken', async () => {
    await refused('E_DATA_NAME', /"Mine" is no name/, { name: 'Mine' });
    await refused('E_DATA_NAME', /mnist is the name of a data set that every room knows/, { name: 'mnist' });
  });
});

test('[D2] a sweep that names it is good where the data folder is served, and nowhere else', async () => {
  putDigits((label) => words[label]!);
  await add();
  const yaml = (name: string) =>
    `name: x\nparameters: {latent: {value: 2}, dataset: {value: ${name}}, validation_images: {value: 4}}\n`;
  await checkSweep(yaml('mine'), join(dir, 'data'));
  await expect(checkSweep(yaml('mine'), dir)).rejects.toMatchObject({ code: 'E_SWEEP_DATASET' });
  await expect(checkSweep(yaml('roots'), join(dir, 'data'))).rejects.toMatchObject({
    message: expect.stringMatching(
      /line 2: .*known are mnist, fashion-mnist, cifar-10, mine; add it with: gradpool data add roots/,
    ),
  });
});

test('[O4] arguments that are none', async () => {
  const said: string[] = [];
  const exits = [
    await run(['data', 'add', 'a', 'b', '--size', 'big'], (text) => said.push(text)),
    await run(['data', 'add', 'a', 'b', '--test-share', '1'], (text) => said.push(text)),
    await run(['data', 'add', 'a', 'b', '--colour', 'blue'], (text) => said.push(text)),
  ];
  expect(exits).toEqual([2, 2, 2]);
  expect(said.join('')).toMatch(/such as 28 or 32x24[^]*between 0 and 1[^]*Allowed choices are grey, rgb/);
});
