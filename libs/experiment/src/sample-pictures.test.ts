import { describe, expect, test } from '@jest/globals';
import { differenceColours, keepsPictures, sampleLimits, samplePictures } from './sample-pictures.ts';

const kept = (epochs: number): number[] =>
  Array.from({ length: epochs }, (_, i) => i + 1).filter((epoch) => keepsPictures(epoch, epochs));

describe('[D5] which epochs are kept', () => {
  test('all of a short run', () => {
    expect(kept(1)).toEqual([1]);
    expect(kept(12)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(kept(58)).toHaveLength(58);
  });

  test('the first, the last and evenly between of a long one, never more than the limit', () => {
    expect(kept(100)).toEqual([1, ...Array.from({ length: 50 }, (_, i) => 2 * (i + 1))]);
    for (const epochs of [59, 60, 61, 117, 999, 10_000]) {
      const some = kept(epochs);
      expect([some[0], some.at(-1), some.length <= sampleLimits.epochsKeptMax]).toEqual([1, epochs, true]);
    }
  });
});

describe('[D6] what the images look like', () => {
  const source = { testImages: Uint8Array.of(0, 51, 102, 255), count: 2, pixels: 2, digest: 'd', noise: 0.5 };

  test('clean ones are the bytes of the data set; without noise the noisy ones are the same', () => {
    const { clean, noisy } = samplePictures({ ...source, noise: 0 });
    expect([[...clean], [...noisy]]).toEqual([
      [0, 51, 102, 255],
      [0, 51, 102, 255],
    ]);
  });

  test('noise depends on the data set and its factor, and on nothing else', () => {
    const noisy = [...samplePictures(source).noisy];
    expect(noisy).toEqual([...samplePictures(source).noisy]);
    expect(noisy).not.toEqual([0, 51, 102, 255]);
    expect(noisy).not.toEqual([...samplePictures({ ...source, digest: 'other' }).noisy]);
    expect(noisy).not.toEqual([...samplePictures({ ...source, noise: 0.6 }).noisy]);
  });

  test('no more images than the test set has, no more than the limit', () => {
    expect(samplePictures(source).clean).toHaveLength(4);
    const many = { ...source, testImages: new Uint8Array(100), count: 50 };
    expect(samplePictures(many).clean).toHaveLength(2 * sampleLimits.imagesMax);
  });
});

test('differences: too bright is red, too dark is blue, right is white; of colours the mean counts', () => {
  const grey = differenceColours(Uint8Array.of(255, 0, 50), Uint8Array.of(0, 100, 50), 1);
  expect([...grey]).toEqual([255, 0, 0, 155, 155, 255, 255, 255, 255]);
  expect([...differenceColours(Uint8Array.of(30, 0, 0), Uint8Array.of(0, 0, 0), 3)]).toEqual([255, 245, 245]);
});
