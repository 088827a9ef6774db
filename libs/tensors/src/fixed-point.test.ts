import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addPartialSum, addTerm, fixedPointLimit, type FixedPointFormat, meanOfSum } from './fixed-point.ts';

const format: FixedPointFormat = { fractionBits: 40, terms: 16 };

const bounded = fc.float({ noNaN: true, noDefaultInfinity: true, min: -500, max: 500 });
const term = fc.array(bounded, { minLength: 5, maxLength: 5 }).map((values) => Float32Array.from(values));
const terms = fc.array(term, { minLength: 1, maxLength: 16 });

function sumOf(added: readonly Float32Array[], size = 5): Float64Array {
  const sum = new Float64Array(size);
  for (const values of added) expect(addTerm(sum, values, format)).toBe(true);
  return sum;
}

describe('the sum', () => {
  test('[T11] has the same bits in every order and every grouping', () => {
    fc.assert(
      fc.property(terms, fc.array(fc.nat(1_000), { minLength: 16, maxLength: 16 }), fc.nat(16), (added, order, cut) => {
        const whole = sumOf(added);
        const shuffled = added
          .map((values, i) => ({ values, at: order[i]! }))
          .sort((a, b) => a.at - b.at)
          .map(({ values }) => values);
        const together = new Float64Array(5);
        for (const part of [shuffled.slice(0, cut), shuffled.slice(cut)]) {
          expect(addPartialSum(together, sumOf(part), format, part.length)).toBe(true);
        }
        expect(new Uint8Array(together.buffer)).toEqual(new Uint8Array(whole.buffer));
      }),
    );
  });

  test('[T11] is the exact sum of the rounded terms, as big integers give it', () => {
    fc.assert(
      fc.property(terms, (added) => {
        const sum = sumOf(added);
        for (let i = 0; i < 5; i += 1) {
          const exact = added.reduce((total, values) => total + toFixed(values[i]!), 0n);
          expect(BigInt(sum[i]!)).toBe(exact);
        }
      }),
    );
  });

  test('[T11] stays exact where every term is as large as may be, of one sign', () => {
    const largest = Float32Array.of(511.99996948242188, -511.99996948242188);
    const sum = sumOf(
      Array.from({ length: 16 }, () => largest),
      2,
    );
    expect(sum[0]).toBe(16 * Number(toFixed(largest[0]!)));
    expect(sum[1]).toBe(-sum[0]!);
    expect(sum[0]!).toBeLessThanOrEqual(2 ** 53);
  });

  test('[T11] rounds ties to even and never holds a negative zero', () => {
    const sum = new Float64Array(4);
    const half = 2 ** -41;
    expect(addTerm(sum, Float32Array.of(half, 3 * half, -half, -0), format)).toBe(true);
    expect([...sum].map((value) => Object.is(value, -0))).toEqual([false, false, false, false]);
    expect([...sum]).toEqual([0, 2, 0, 0]);
  });
});

/** Rounds half to even by whole-number arithmetic alone. */
function toFixed(value: number): bigint {
  // A float32 is a multiple of 2^-149.
  const scaled = BigInt(value * 2 ** 100 * 2 ** 49);
  const unit = 2n ** 109n;
  const floor = scaled >= 0n ? scaled / unit : -((-scaled + unit - 1n) / unit);
  const twice = 2n * (scaled - floor * unit);
  if (twice < unit) return floor;
  return twice > unit || floor % 2n !== 0n ? floor + 1n : floor;
}

describe('what is refused', () => {
  test('[T12] a NaN, an infinity or a value beyond the limit leaves the sum as it was', () => {
    for (const bad of [Number.NaN, Infinity, -Infinity, 513, -600]) {
      const sum = Float64Array.of(1, 2, 3);
      expect(addTerm(sum, Float32Array.of(0.5, bad, 0.5), format)).toBe(false);
      expect([...sum]).toEqual([1, 2, 3]);
    }
  });

  test('[T12] a partial sum that is no whole number, or more than its terms can be, leaves the sum as it was', () => {
    const limit = fixedPointLimit(format);
    for (const bad of [0.5, Number.NaN, Infinity, 2 * limit + 1, -(2 * limit + 1)]) {
      const sum = Float64Array.of(1, 2);
      expect(addPartialSum(sum, Float64Array.of(0, bad), format, 2)).toBe(false);
      expect([...sum]).toEqual([1, 2]);
    }
    expect(addPartialSum(new Float64Array(1), Float64Array.of(2 * limit), format, 2)).toBe(true);
  });

  test('[T12] the limit shares 2^53 among the terms, and is never above 2^51', () => {
    expect(fixedPointLimit(format)).toBe(2 ** 49);
    expect(fixedPointLimit({ fractionBits: 40, terms: 1 })).toBe(2 ** 51);
    expect(fixedPointLimit({ fractionBits: 0, terms: 3 })).toBe(2 ** 51);
  });

  test('[T12] a format out of range, or vectors of different lengths, is a RangeError', () => {
    for (const bad of [
      { fractionBits: 52, terms: 1 },
      { fractionBits: -1, terms: 1 },
      { fractionBits: 40, terms: 0 },
      { fractionBits: 40.5, terms: 1 },
    ]) {
      expect(() => fixedPointLimit(bad)).toThrow(RangeError);
    }
    expect(() => addTerm(new Float64Array(2), new Float32Array(3), format)).toThrow(RangeError);
    expect(() => addPartialSum(new Float64Array(2), new Float64Array(3), format, 1)).toThrow(RangeError);
  });
});

describe('the mean', () => {
  test('[T13] of equal terms is the term', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, min: Math.fround(0.001), max: 500 }),
        fc.integer({ min: 1, max: 16 }),
        (x, n) => {
          const sum = new Float64Array(1);
          for (let i = 0; i < n; i += 1) addTerm(sum, Float32Array.of(x), format);
          const mean = new Float32Array(1);
          meanOfSum(sum, format, n, mean);
          expect(Math.abs(mean[0]! - x)).toBeLessThanOrEqual(2 ** -40 + Math.abs(x) * 2 ** -24);
        },
      ),
    );
  });

  test('[T13] weighs each term', () => {
    const sum = new Float64Array(1);
    addTerm(sum, Float32Array.of(3), format, 1);
    addTerm(sum, Float32Array.of(7), format, 0.25);
    const mean = new Float32Array(1);
    meanOfSum(sum, format, 1.25, mean);
    expect(mean[0]).toBeCloseTo((3 + 7 / 4) / 1.25, 6);
  });
});
