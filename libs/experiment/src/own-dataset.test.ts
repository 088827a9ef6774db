import { describe, expect, test } from '@jest/globals';
import { foundDataset } from './found-dataset.ts';
import { mnistManifest } from './manifest.ts';
import { checkOwnName, checkOwnShape, checkOwnSize, ownDatasets, readOwnManifest } from './own-dataset.ts';
import { mixed, splitClass } from './own-split.ts';

const image = { height: 4, width: 4, channels: 1 };
const one = { images: new Uint8Array(16), labels: Uint8Array.of(0) };
const { manifest } = foundDataset({
  ...{ name: 'leaves', image, classes: 1, classNames: ['oak'] },
  ...{ train: one, test: one },
});
const text = JSON.stringify(manifest);

describe('[D10] what a user’s data set may be', () => {
  test.each(['', 'Leaves', 'a b', '../leaves', '.hidden', 'x'.repeat(41)])('%j is no name', (name) => {
    expect(() => checkOwnName(name)).toThrow(expect.objectContaining({ code: 'E_DATA_NAME' }));
  });

  test.each(['mnist', 'fashion-mnist', 'cifar-10'])('%s is taken', (name) => {
    expect(() => checkOwnName(name)).toThrow('every room knows');
  });

  test('pictures that models and baselines can take', () => {
    for (const [height, width, channels] of [
      [4, 4, 1],
      [64, 64, 1],
      [36, 36, 3],
    ] as const) {
      expect(() => checkOwnShape({ height, width, channels })).not.toThrow();
    }
    expect(() => checkOwnShape({ height: 3, width: 28, channels: 1 })).toThrow('at least 4 pixels');
    expect(() => checkOwnShape({ height: 64, width: 64, channels: 3 })).toThrow(
      /12288 values, at most 4096.*--colour grey/,
    );
  });

  test('as many as workers can hold', () => {
    expect(() => checkOwnSize({ height: 28, width: 28, channels: 1 }, 600_000)).not.toThrow();
    expect(() => checkOwnSize({ height: 28, width: 28, channels: 1 }, 700_000)).toThrow(
      /at most 536870912.*smaller --size/,
    );
    expect(() => checkOwnSize(image, 1_000_001)).toThrow('at most 1000000');
  });
});

describe('[D10] manifests that a data folder keeps', () => {
  test('are read back as they were written, so their digest stays', () => {
    expect(JSON.stringify(readOwnManifest('leaves', text))).toBe(text);
  });

  test.each([
    ['no JSON', '{'],
    ['a file too few', JSON.stringify({ ...manifest, files: manifest.files.slice(1) })],
    [
      'one role twice',
      JSON.stringify({ ...manifest, files: manifest.files.map((file) => ({ ...file, role: 'test-labels' })) }),
    ],
    ['another name', JSON.stringify({ ...manifest, name: 'roots' })],
    ['a stranger', JSON.stringify(mnistManifest)],
    ['a digest that is a path', text.replaceAll(manifest.files[0]?.sha256 ?? '', '../../etc/passwd')],
  ])('%s is E_DATA_MANIFEST', (_, broken) => {
    expect(() => readOwnManifest('leaves', broken)).toThrow(expect.objectContaining({ code: 'E_DATA_MANIFEST' }));
  });

  test('one that cannot be read leaves the others alone; what is being written is passed over', async () => {
    const texts: Readonly<Record<string, string>> = { roots: '{', leaves: text, '.leaves.17': text };
    const { manifests, faults } = await ownDatasets({
      names: () => Promise.resolve(Object.keys(texts)),
      text: (name) => Promise.resolve(texts[name] ?? null),
    });
    expect(manifests).toEqual([manifest]);
    expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining('manifest of roots')]);
  });
});

describe('[D11] the split of a class', () => {
  const items = Array.from({ length: 50 }, (_, i) => i);

  test('takes the share, the same every time, and another one for another class', () => {
    const { train, test: tested } = splitClass('oak', items, 0.2);
    expect([train.length, tested.length]).toEqual([40, 10]);
    expect([...train, ...tested].sort((a, b) => a - b)).toEqual(items);
    expect(splitClass('oak', items, 0.2).test).toEqual(tested);
    expect(splitClass('ash', items, 0.2).test).not.toEqual(tested);
  });

  test.each([
    [0.001, 1],
    [0.999, 49],
  ])('share %p leaves one at least on each side', (share, expected) => {
    expect(splitClass('oak', items, share).test).toHaveLength(expected);
  });

  test('one picture cannot be on both sides', () => {
    expect(() => splitClass('oak', [1], 0.2)).toThrow('Class oak has 1 picture; each needs one to train on');
  });

  test('classes come in no order', () => {
    const order = mixed('train', items);
    expect(order.toSorted((a, b) => a - b)).toEqual(items);
    expect(order).not.toEqual(items);
    expect(mixed('train', items)).toEqual(order);
  });
});
