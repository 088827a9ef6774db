import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fixedPointBytes, fixedPointBytesMax, fixedPointFromBytes, isFixedPointBytes } from './fixed-point-bytes.ts';

/** Whole numbers of every width, many of them small. */
const whole = fc.tuple(fc.maxSafeInteger(), fc.nat(53)).map(([value, bits]) => Math.trunc(value / 2 ** bits) + 0);
const sums = fc.array(whole, { minLength: 1, maxLength: 200 }).map((values) => Float64Array.from(values));

test('[T13] any sum comes back as it was, from any alignment', () => {
  fc.assert(
    fc.property(sums, fc.nat(7), (sum, shift) => {
      const packed = fixedPointBytes(sum);
      expect(packed.length).toBeLessThanOrEqual(fixedPointBytesMax(sum.length));
      const shifted = new Uint8Array(packed.length + shift);
      shifted.set(packed, shift);
      expect(fixedPointFromBytes(shifted.subarray(shift), sum.length)).toEqual(sum);
    }),
  );
});

test('[T13] a block takes the bytes that its largest number needs', () => {
  expect([...fixedPointBytes(Float64Array.of(0, 0))]).toEqual([0]);
  expect([...fixedPointBytes(Float64Array.of(127, -128))]).toEqual([2, 127, 0, 0x80, 0xff]);
  expect([...fixedPointBytes(Float64Array.of(1, -1))]).toEqual([1, 1, 255]);
  const two = new Float64Array(65).fill(3);
  two[64] = -(2 ** 47);
  expect([...fixedPointBytes(two).subarray(0, 3)]).toEqual([1, 7, 3]);
  expect(fixedPointBytes(two)).toHaveLength(2 + 64 + 7);
});

test('[T13] what no sum holds comes back as well, so that it can be refused for what it is', () => {
  const odd = Float64Array.of(0.5, NaN, -Infinity, 2 ** 60);
  expect(fixedPointFromBytes(fixedPointBytes(odd), 4)).toEqual(odd);
});

test('[T13] bytes of another length, or of a width that there is not, are none', () => {
  const packed = fixedPointBytes(Float64Array.of(1, 2, 300));
  expect(isFixedPointBytes(packed, 3)).toBe(true);
  for (const size of [0, 2, 4, 65, 200]) expect(isFixedPointBytes(packed, size)).toBe(false);
  expect(isFixedPointBytes(packed.subarray(1), 3)).toBe(false);
  expect(isFixedPointBytes(Uint8Array.of(9, ...Array<number>(27).fill(0)), 3)).toBe(false);
  expect(() => fixedPointFromBytes(packed, 4)).toThrow(RangeError);
});
