import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { geometricMedian, inGroups, trimmedMean, trimmedOf, type Weighed } from './robust-mean.ts';

const vector = (...values: number[]): Weighed => ({ values: Float32Array.from(values), weight: 1 });

const value = fc.float({ min: -100, max: 100, noNaN: true });
const weighed = (size: number) =>
  fc.record({
    values: fc.array(value, { minLength: size, maxLength: size }).map((values) => Float32Array.from(values)),
    weight: fc.integer({ min: 1, max: 64 }),
  });
/** Honest vectors, and no more liars than a trimmed mean stands, in any order. */
const room = fc
  .tuple(fc.array(weighed(3), { minLength: 3, maxLength: 12 }), fc.array(weighed(3), { maxLength: 3 }))
  .chain(([honest, others]) => {
    const liars = others
      .slice(0, trimmedOf(honest.length))
      .map(({ values, weight }, i) => ({ values: values.map((x) => (x < 0 ? -1e6 : 1e6) * (i + 1)), weight }));
    const all = [...honest, ...liars];
    const shuffled = fc.shuffledSubarray(all, { minLength: all.length });
    return shuffled.map((list) => ({ honest, liars, all: list }));
  });

const distance = (a: Float32Array, b: Float32Array): number => Math.hypot(...a.map((x, i) => x - b[i]!));

describe('[T20] the trimmed mean', () => {
  test('leaves out the largest and smallest values at each place, and averages the others by weight', () => {
    expect(trimmedMean([vector(1, 9), vector(2, -50), vector(300, 7)])).toEqual(Float32Array.of(2, 7));
    const four = [vector(0, 0), { ...vector(1, 1), weight: 3 }, vector(5, 5), vector(9, 9)];
    expect(trimmedMean(four)).toEqual(Float32Array.of(2, 2));
    expect(trimmedMean([vector(1, 2), vector(3, 6)])).toEqual(Float32Array.of(2, 4));
    expect([1, 2, 3, 4, 5, 9, 10, 15].map(trimmedOf)).toEqual([0, 0, 1, 1, 1, 1, 2, 3]);
  });

  test('stays between the honest values, however far up to k liars are', () => {
    fc.assert(
      fc.property(room, ({ honest, all }) => {
        const mean = trimmedMean(all);
        for (const [i, x] of mean.entries()) {
          const seen = honest.map(({ values }) => values[i]!);
          expect(x).toBeGreaterThanOrEqual(Math.min(...seen));
          expect(x).toBeLessThanOrEqual(Math.max(...seen));
        }
      }),
    );
  });

  test('has the same bits in every order', () => {
    const shuffled = fc
      .array(weighed(3), { minLength: 1, maxLength: 12 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(trimmedMean(other)).toEqual(trimmedMean(all));
      }),
    );
  });
});

describe('[T20] the geometric median', () => {
  test('of three vectors is the one that two agree on, of a triangle its Fermat point', () => {
    const [x, y] = geometricMedian([vector(1, 2), vector(1, 2), vector(1e6, -1e6)]);
    expect([x, y].map((z) => z!.toFixed(2))).toEqual(['1.00', '2.00']);
    const root = Math.sqrt(3);
    const fermat = geometricMedian([vector(0, 0), vector(2, 0), vector(1, root)]);
    expect(fermat[0]).toBeCloseTo(1, 5);
    expect(fermat[1]).toBeCloseTo(root / 3, 5);
  });

  test('stays within its bound of the honest ones, however far liars of less than half the weight are', () => {
    fc.assert(
      fc.property(room, ({ honest, all, liars }) => {
        const weight = (list: readonly Weighed[]): number => list.reduce((sum, one) => sum + one.weight, 0);
        const share = weight(liars) / weight(all);
        fc.pre(share < 0.45);
        const centre = honest[0]!.values;
        const radius = Math.max(...honest.map(({ values }) => distance(values, centre)));
        const bound = (radius * (2 - 2 * share)) / (1 - 2 * share);
        // Float32 holds a liar's million to a sixteenth.
        expect(distance(geometricMedian(all), centre)).toBeLessThanOrEqual(1.001 * bound + 1);
      }),
    );
  });

  test('is the same in every order, up to rounding, and of equal vectors that vector', () => {
    const one = vector(3, -2, 0.5);
    expect(geometricMedian([one, one, one])).toEqual(one.values);
    const all = [vector(1, 2, 3), vector(-4, 0, 2), { ...vector(0, 5, 1), weight: 3 }, vector(2, 2, 2)];
    const there = geometricMedian(all);
    expect(distance(geometricMedian(all.toReversed()), there)).toBeLessThan(1e-6);
  });
});

test('[T20] more than 32 vectors are averaged in 32 groups first, and nobody weighs more than the middle one', () => {
  const weights = Array.from({ length: 64 }, (_, i) => (i === 63 ? 1e9 : 2));
  const groups = inGroups(2, weights, (index, out) => out.set([index, 1]));
  expect(groups).toHaveLength(32);
  expect(groups.map(({ weight }) => weight)).toEqual(Array(32).fill(4));
  expect(groups[5]!.values).toEqual(Float32Array.of(21, 1));
  expect(inGroups(1, [3, 1, 2], (index, out) => out.fill(index)).map(({ weight }) => weight)).toEqual([2, 1, 2]);
});
