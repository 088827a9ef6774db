import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256Hex } from './digest.ts';
import { parameterBytes } from './parameter-bytes.ts';
import { fillNormals, fillUniforms, permutation, type RandomKey, streamOf } from './random.ts';

type Fill = (out: Float32Array, key: RandomKey, counter: number) => void;

const key: RandomKey = { seed: 42, stream: streamOf('test') };

function draw(fill: Fill, length: number, counter = 0, from: RandomKey = key): Float32Array {
  const out = new Float32Array(length);
  fill(out, from, counter);
  return out;
}

const fills: [string, Fill][] = [
  ['uniforms', fillUniforms],
  ['normals', fillNormals],
];

describe.each(fills)('%s', (_name, fill) => {
  test('[T5] any span at any place has the values of the whole', () => {
    const whole = draw(fill, 5_000);
    fc.assert(
      fc.property(fc.nat(4_999), fc.nat(3_000), (start, wanted) => {
        const length = Math.min(wanted, whole.length - start);
        const span = draw(fill, length, start);
        expect(span.every((value, i) => value === whole[start + i])).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('[T5] far positions are values of their own, up to the last safe integer', () => {
    const far = 2 ** 34 - 3;
    const across = draw(fill, 8, far);
    expect(draw(fill, 4, far + 4)).toEqual(across.subarray(4));
    expect(across).not.toEqual(draw(fill, 8, 0));
    expect(draw(fill, 2, Number.MAX_SAFE_INTEGER - 2)).toEqual(draw(fill, 3, Number.MAX_SAFE_INTEGER - 3).subarray(1));
  });

  test('[T5] seed and stream each change the values', () => {
    const here = draw(fill, 16);
    expect(draw(fill, 16, 0, { ...key, seed: 43 })).not.toEqual(here);
    expect(draw(fill, 16, 0, { ...key, stream: key.stream + 1 })).not.toEqual(here);
    expect(draw(fill, 16, 0, { seed: 0xffffffff, stream: 0xffffffff })).not.toEqual(here);
  });

  test('[T5] a position that is no safe integer from 0 is refused', () => {
    for (const counter of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => draw(fill, 4, counter)).toThrow(RangeError);
    expect(() => draw(fill, 4, Number.MAX_SAFE_INTEGER - 1)).toThrow(RangeError);
  });

  test('an empty span is nothing', () => {
    expect(draw(fill, 0, 7)).toHaveLength(0);
  });
});

describe('the same bits everywhere', () => {
  test('[T6] [T7] the first uniforms', () => {
    expect([...draw(fillUniforms, 4, 0, { seed: 0, stream: 0 })]).toEqual(
      [0x6627e8, 0xe169c5, 0xbc57ac, 0x9b00db].map((word) => word / 2 ** 24),
    );
  });

  test('[T8] a million normals', () => {
    const normals = draw(fillNormals, 1_000_000, 3, { seed: 1, stream: 2 });
    expect(sha256Hex(parameterBytes(normals))).toBe('007f22b95e63036230093438070a8a0b5baa1da5830d0e63aa0d92f28975cc24');
  });
});

describe('statistics', () => {
  const n = 400_000;

  test('[T7] uniforms fill [0, 1) evenly and do not follow one another', () => {
    const u = draw(fillUniforms, n);
    const bins = new Float64Array(100);
    let serial = 0;
    let sum = 0;
    u.forEach((value, i) => {
      const bin = Math.floor(value * 100);
      bins[bin] = (bins[bin] ?? NaN) + 1;
      sum += value;
      serial += (value - 0.5) * ((u[i + 1] ?? 0.5) - 0.5);
    });
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(serial / n)).toBeLessThan(4 / 12 / Math.sqrt(n));
    const chiSquared = bins.reduce((total, count) => total + (count - n / 100) ** 2 / (n / 100), 0);
    // 99 degrees of freedom: the 1e-4 tails are at 54 and 161.
    expect(chiSquared).toBeGreaterThan(54);
    expect(chiSquared).toBeLessThan(161);
  });

  test('[T8] normals have the moments and tails of the normal distribution', () => {
    const z = draw(fillNormals, n);
    const moment = (power: number) => z.reduce((sum, value) => sum + value ** power, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    const beyond3 = z.filter((value) => Math.abs(value) > 3).length;
    expect(Math.abs(beyond3 - 0.0026998 * n)).toBeLessThan(4 * Math.sqrt(0.0026998 * n));
  });

  test('[T8] normals follow the distribution function (Kolmogorov-Smirnov)', () => {
    const z = draw(fillNormals, n).toSorted();
    let worst = 0;
    for (let i = 0; i < n; i += 97) worst = Math.max(worst, Math.abs(normalCdf(z[i] ?? NaN) - (i + 0.5) / n));
    // The 1e-4 point of the statistic is 2.23 / sqrt(n).
    expect(worst).toBeLessThan(2.23 / Math.sqrt(n));
  });

  test('[T8] neighbours, pairs and streams are uncorrelated', () => {
    const z = draw(fillNormals, n);
    const other = draw(fillNormals, n, 0, { ...key, stream: streamOf('test', 1) });
    const correlation = (a: Float32Array, b: Float32Array) =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / n;
    for (const lag of [1, 2, 3, 4]) expect(Math.abs(correlation(z, z.subarray(lag)))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(correlation(z, other))).toBeLessThan(4 / Math.sqrt(n));
    const squares = z.map((value) => value * value - 1);
    expect(Math.abs(correlation(squares, squares.subarray(1)))).toBeLessThan(8 / Math.sqrt(n));
  });
});

describe('permutation', () => {
  test('[T9] holds every number once, the same each time, another for another stream', () => {
    const order = permutation(1_000, key);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect(permutation(1_000, key)).toEqual(order);
    expect(permutation(1_000, { ...key, stream: 1 })).not.toEqual(order);
  });

  test('[T9] the same bits everywhere', () => {
    expect([...permutation(10, { seed: 1, stream: 2 })]).toEqual([8, 1, 9, 7, 2, 3, 4, 5, 0, 6]);
  });

  test('[T9] all 24 orders of four are equally likely', () => {
    const counts = new Map<string, number>();
    const draws = 24_000;
    for (let seed = 0; seed < draws; seed += 1) {
      const order = permutation(4, { seed, stream: 9 }).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const expected = draws / 24;
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 23 degrees of freedom: the 1e-4 point is at 56.
    expect(chiSquared).toBeLessThan(56);
  });

  test('nothing and one thing', () => {
    expect([...permutation(0, key)]).toEqual([]);
    expect([...permutation(1, key)]).toEqual([0]);
    expect(() => permutation(-1, key)).toThrow(RangeError);
    expect(() => permutation(1.5, key)).toThrow(RangeError);
  });
});

describe('streamOf', () => {
  test('[T10] is a uint32 from the names, telling numbers from text and one list from another', () => {
    expect(streamOf('noise', 3)).toBe(2488574234);
    const streams = [streamOf('1'), streamOf(1), streamOf('a', 'b'), streamOf('ab'), streamOf('b', 'a'), streamOf()];
    expect(new Set(streams).size).toBe(streams.length);
    for (const stream of streams) expect(stream >>> 0).toBe(stream);
  });
});

/** Abramowitz and Stegun 7.1.26: error below 1.5e-7. */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const erf = 1 - series * Math.exp((-x * x) / 2);
  return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
}
