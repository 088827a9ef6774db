import { describe, expect, test } from '@jest/globals';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { PNG, type PNGOptions } from 'pngjs';
import { mnistDigits, rgbaOf } from '../testing/mnist-digits.ts';
import { decodePicture } from './decode-picture.ts';

const [seven] = mnistDigits(1);
const pixels = seven!.pixels;
const side = 28;

function png(data: Uint8Array, { width = side, height = side, ...options }: PNGOptions = {}): Buffer {
  const picture = new PNG({ width, height });
  picture.data = Buffer.from(data);
  return PNG.sync.write(picture, options);
}

const jpeg = (data: Uint8Array): Buffer => encodeJpeg({ width: side, height: side, data }, 95).data;

const refusal = (bytes: Uint8Array) => {
  try {
    decodePicture(bytes, 'cat/3.png');
    return null;
  } catch (error) {
    return error;
  }
};

describe('[D2] pictures in files', () => {
  test.each([
    ['colour type 6', {}],
    ['colour type 2', { colorType: 2 as const }],
    ['grey', { colorType: 0 as const }],
  ])('a PNG of a digit, %s, comes back to the bit, and grey', (_, options) => {
    expect(decodePicture(png(rgbaOf(pixels), options), 'x.png')).toEqual({
      ...{ width: side, height: side, channels: 1 },
      data: pixels,
    });
  });

  test('a PNG of 16 bits keeps the upper ones', () => {
    const data = Uint16Array.from(pixels, (value) => 257 * value);
    const bytes = encodePng({ width: side, height: side, data, depth: 16, channels: 1 });
    expect(decodePicture(bytes, 'x.png')).toEqual({ width: side, height: side, channels: 1, data: pixels });
  });

  test('a JPEG of a digit comes back nearly, whatever its name', () => {
    const { data, ...shape } = decodePicture(jpeg(rgbaOf(pixels)), 'x.png');
    expect(shape).toEqual({ width: side, height: side, channels: 1 });
    const off = data.reduce((sum, value, i) => sum + Math.abs(value - pixels[i]!), 0) / data.length;
    expect(off).toBeLessThan(3);
  });

  test('a JPEG whose camera was turned stands upright', () => {
    const wide = new Uint8Array(4 * 32 * 16).map((_, i) => (i % 4 === 3 || i % 128 < 64 ? 255 : 0));
    const plain = encodeJpeg({ width: 32, height: 16, data: wide }, 95).data;
    const block = [
      ...Buffer.from('Exif\0\0MM\0*\0\0\0\b\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0\u0006\0\0', 'latin1'),
    ];
    const segment = Buffer.from([0xff, 0xe1, 0, block.length + 2, ...block]);
    const turned = Buffer.concat([plain.subarray(0, 2), segment, plain.subarray(2)]);
    const { width, height, data } = decodePicture(turned, 'x.jpg');
    expect([width, height]).toEqual([16, 32]);
    // White was left, and is above.
    expect([data[8 * 16 + 8]! > 200, data[24 * 16 + 8]! < 50]).toEqual([true, true]);
  });

  test('colours stay, and what is transparent lies on white', () => {
    const data = Uint8Array.of(...[200, 10, 30, 255], ...[0, 0, 0, 0], ...[0, 0, 100, 51], ...[9, 9, 9, 255]);
    expect(decodePicture(png(data, { width: 2, height: 2 }), 'x.png')).toEqual({
      ...{ width: 2, height: 2, channels: 3 },
      data: Uint8Array.of(...[200, 10, 30], ...[255, 255, 255], ...[204, 204, 224], ...[9, 9, 9]),
    });
  });
});

describe('[D3] files that cannot be read are named, with what was seen', () => {
  test.each([
    ['nothing', new Uint8Array(0), /^cat\/3\.png is empty; save it anew/],
    [
      'a GIF',
      Buffer.from('GIF89a-and-more'),
      /^cat\/3\.png starts with 47 49 46 38 39 61 2d 61, which is neither PNG nor JPEG/,
    ],
    ['half a PNG', png(rgbaOf(pixels)).subarray(0, 90), /^cat\/3\.png cannot be read \(90 bytes; /],
    ['half a JPEG', jpeg(rgbaOf(pixels)).subarray(0, 640), /^cat\/3\.png cannot be read \(640 bytes; /],
    ['the start of a PNG', png(rgbaOf(pixels)).subarray(0, 12), /cannot be read \(12 bytes/],
  ])('%s', (_, bytes, message) => {
    expect(refusal(bytes)).toMatchObject({ code: 'E_DATA_PICTURE', message: expect.stringMatching(message) });
  });

  test('a PNG with a bit turned over', () => {
    const bytes = png(rgbaOf(pixels));
    bytes[60] = bytes[60]! ^ 1;
    expect(refusal(bytes)).toMatchObject({ code: 'E_DATA_PICTURE' });
  });

  test('a header that claims too many pixels, before anything is unpacked', () => {
    const bytes = png(rgbaOf(pixels));
    bytes.writeUInt32BE(100_000, 16);
    bytes.writeUInt32BE(100_000, 20);
    expect(refusal(bytes)).toMatchObject({ code: 'E_DATA_LIMIT', message: expect.stringContaining('100000 x 100000') });
  });
});
