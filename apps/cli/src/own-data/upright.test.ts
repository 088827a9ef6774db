import { describe, expect, test } from '@jest/globals';
import { orientationOf, upright } from './upright.ts';

/** An Exif block with an entry before the orientation. */
function exif(orientation: number, little: boolean): Uint8Array {
  const bytes = new Uint8Array(1 + 8 + 2 + 24 + 4);
  const view = new DataView(bytes.buffer, 1);
  bytes.set(little ? [0x49, 0x49] : [0x4d, 0x4d], 1);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 2, little);
  view.setUint16(10, 0x010f, little);
  view.setUint16(22, 0x0112, little);
  view.setUint16(24, 3, little);
  view.setUint32(26, 1, little);
  view.setUint16(30, orientation, little);
  return bytes;
}

/** Pixels by their red value. */
const picture = (width: number, ...reds: number[]) => ({
  ...{ width, height: reds.length / width },
  data: Uint8Array.from(reds.flatMap((red) => [red, 0, 0, 255])),
});
const redsOf = ({ data }: { data: Uint8Array }): number[] => [...data.filter((_, i) => i % 4 === 0)];

describe('[D2] pictures stand as the camera was held', () => {
  test.each([true, false])('the orientation is found, little-endian %p', (little) => {
    expect([1, 3, 6, 8, 9, 0].map((told) => orientationOf(exif(told, little)))).toEqual([1, 3, 6, 8, 1, 1]);
  });

  test('any other bytes mean upright', () => {
    expect(orientationOf(undefined)).toBe(1);
    for (let length = 0; length < 39; length += 1)
      expect([1, 6]).toContain(orientationOf(exif(6, true).subarray(0, length)));
    expect(orientationOf(Uint8Array.of(0, 0x49, 0x49, 42, 0, 255, 255, 255, 255))).toBe(1);
  });

  // 1 2 3
  // 4 5 6
  test.each([
    [1, 3, [1, 2, 3, 4, 5, 6]],
    [2, 3, [3, 2, 1, 6, 5, 4]],
    [3, 3, [6, 5, 4, 3, 2, 1]],
    [4, 3, [4, 5, 6, 1, 2, 3]],
    [5, 2, [1, 4, 2, 5, 3, 6]],
    [6, 2, [4, 1, 5, 2, 6, 3]],
    [7, 2, [6, 3, 5, 2, 4, 1]],
    [8, 2, [3, 6, 2, 5, 1, 4]],
  ])('orientation %p', (orientation, width, reds) => {
    const seen = upright(picture(3, 1, 2, 3, 4, 5, 6), orientation);
    expect(seen.width).toBe(width);
    expect(redsOf(seen)).toEqual(reds);
  });
});
