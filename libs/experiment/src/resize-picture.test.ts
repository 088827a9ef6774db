import { describe, expect, test } from '@jest/globals';
import { resizePicture, type Picture } from './resize-picture.ts';

const grey = (width: number, ...values: number[]): Picture => ({
  ...{ height: values.length / width, width, channels: 1 },
  data: Uint8Array.from(values),
});
const shape = (height: number, width: number, channels = 1) => ({ height, width, channels });

describe('[D9] pictures are resized by averaging areas', () => {
  test('a picture of that size stays as it is', () => {
    expect([...resizePicture(grey(3, 1, 2, 3, 4, 5, 6), shape(2, 3))]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('each pixel is the mean of what it covers', () => {
    const four = grey(4, ...[0, 100, 10, 10], ...[100, 200, 10, 10], ...[7, 7, 0, 0], ...[7, 7, 0, 255]);
    expect([...resizePicture(four, shape(2, 2))]).toEqual([100, 10, 7, 64]);
  });

  test('pixels at the rim count by the part that is covered: 3 to 2 takes 1 and 1/2 of them', () => {
    expect([...resizePicture(grey(3, 30, 60, 90), shape(1, 2))]).toEqual([40, 80]);
  });

  test('a smaller picture is stretched, each side by itself', () => {
    expect([...resizePicture(grey(2, 10, 20), shape(2, 4))]).toEqual([10, 10, 20, 20, 10, 10, 20, 20]);
  });

  test('the mean of all pixels stays, whatever the sizes', () => {
    const data = Uint8Array.from({ length: 37 * 23 }, (_, i) => (i * 7_919) % 256);
    const mean = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const resized = resizePicture({ height: 37, width: 23, channels: 1, data }, shape(28, 28));
    expect(Math.abs(mean(resized) - mean(data))).toBeLessThan(0.1);
  });

  test('colour turns grey by Rec. 601 luma, and grey to colour by repeating it', () => {
    const primaries = {
      height: 1,
      width: 4,
      channels: 3,
      data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9),
    };
    expect([...resizePicture(primaries, shape(1, 4))]).toEqual([76, 150, 29, 9]);
    expect([...resizePicture(grey(2, 1, 2), shape(1, 2, 3))]).toEqual([1, 1, 1, 2, 2, 2]);
  });

  test('channels do not mix', () => {
    const two = { height: 1, width: 2, channels: 3, data: Uint8Array.of(0, 10, 200, 100, 20, 100) };
    expect([...resizePicture(two, shape(1, 1, 3))]).toEqual([50, 15, 150]);
  });
});
