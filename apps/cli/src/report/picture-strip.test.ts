import { expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { differenceStrip, pictureStrip } from './picture-strip.ts';

const shape = (channels: number) => ({ images: 2, image: { height: 1, width: 2, channels } });

const pixels = (address: string): number[][] => {
  const { data, width, height } = decode(Buffer.from(address.replace('data:image/png;base64,', ''), 'base64'));
  expect([width, height]).toEqual([6, 1]);
  return Array.from({ length: width }, (_, i) => [...data.slice(4 * i, 4 * i + 4)]);
};

const clear = [0, 0, 0, 0];

test('grey pictures stand beside each other with a clear gap', () => {
  expect(pixels(pictureStrip(Uint8Array.of(0, 10, 20, 255), shape(1)))).toEqual([
    [0, 0, 0, 255],
    [10, 10, 10, 255],
    clear,
    clear,
    [20, 20, 20, 255],
    [255, 255, 255, 255],
  ]);
});

test('colours stay', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  expect(pixels(pictureStrip(bytes, shape(3)))[5]).toEqual([10, 11, 12, 255]);
});

test('too bright is red, too dark is blue, right is white', () => {
  const made = Uint8Array.of(255, 0, 50, 50);
  const wanted = Uint8Array.of(0, 100, 50, 51);
  expect(pixels(differenceStrip(made, wanted, shape(1)))).toEqual([
    [255, 0, 0, 255],
    [155, 155, 255, 255],
    clear,
    clear,
    [255, 255, 255, 255],
    [254, 254, 255, 255],
  ]);
});
