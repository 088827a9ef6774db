import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { codecNames, codecs } from './codecs.ts';
import { sha256Hex } from './digest.ts';
import { fillNormals } from './random.ts';

const key = { seed: 5, stream: 6 };

function roundTrip(name: (typeof codecNames)[number], values: Float32Array, stream = 6): Float32Array {
  const out = new Float32Array(values.length);
  codecs[name].decode(codecs[name].encode(values, { seed: 5, stream }), out);
  return out;
}

/** The largest step between neighbouring levels at each value; scales next to zero are coarse themselves. */
function stepAt(name: (typeof codecNames)[number], values: Float32Array, i: number): number {
  if (name === 'f32') return 0;
  if (name === 'bf16') return Math.max(2 ** -133, Math.abs(values[i]!) * 2 ** -7);
  const first = i - (i % 64);
  const largest = values.subarray(first, first + 64).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return (largest / (name === 'int8' ? 127 : 7)) * 1.001 + 2 ** -142;
}

describe.each(codecNames)('%s', (name) => {
  const vector = fc
    .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), {
      maxLength: 200,
    })
    .map((values) => Float32Array.from(values));

  test('[T16] every value comes back within one level, in as many bytes as promised', () => {
    fc.assert(
      fc.property(vector, (values) => {
        expect(codecs[name].encode(values, key)).toHaveLength(codecs[name].byteLength(values.length));
        const back = roundTrip(name, values);
        for (let i = 0; i < values.length; i += 1) {
          expect(Math.abs(back[i]! - values[i]!)).toBeLessThanOrEqual(stepAt(name, values, i));
        }
      }),
    );
  });

  test('[T17] what comes back is unbiased over many keys', () => {
    const values = new Float32Array(130);
    fillNormals(values, key, 0);
    const mean = new Float64Array(values.length);
    const draws = 2_000;
    for (let stream = 0; stream < draws; stream += 1) {
      const back = roundTrip(name, values, stream);
      for (let i = 0; i < values.length; i += 1) mean[i] = mean[i]! + back[i]! / draws;
    }
    for (let i = 0; i < values.length; i += 1) {
      // Five standard errors of a rounding to one of two neighbouring levels.
      expect(Math.abs(mean[i]! - values[i]!)).toBeLessThanOrEqual(
        (2.5 * stepAt(name, values, i)) / Math.sqrt(draws) + 1e-7,
      );
    }
  });

  test('[T17] the same vector and key give the same bytes; zeros come back as zeros', () => {
    const values = new Float32Array(100);
    fillNormals(values, key, 0);
    expect(codecs[name].encode(values, key)).toEqual(codecs[name].encode(values.slice(), key));
    expect(roundTrip(name, new Float32Array(70))).toEqual(new Float32Array(70));
  });

  test('[T18] bytes of another length are a RangeError', () => {
    const bytes = codecs[name].encode(new Float32Array(65), key);
    expect(() => {
      codecs[name].decode(bytes.subarray(1), new Float32Array(65));
    }).toThrow(RangeError);
  });
});

test('[T16] sizes of a million values: 4, 2, 1.06 and 0.56 bytes each', () => {
  expect(codecNames.map((name) => codecs[name].byteLength(1e6))).toEqual([4e6, 2e6, 1_062_500, 562_500]);
});

test('[T16] the largest float32 does not become an infinity in bf16', () => {
  const largest = new Float32Array(64).fill(3.4028234663852886e38);
  expect(roundTrip('bf16', largest).every(Number.isFinite)).toBe(true);
});

test('[T17] the bytes written here, in every engine', () => {
  const values = new Float32Array(5_000);
  fillNormals(values, key, 0);
  expect(codecNames.map((name) => sha256Hex(codecs[name].encode(values, key)).slice(0, 16))).toEqual([
    'c2462e804fc5bb23',
    '2c85f7d624c57c3c',
    '48a45e846c61410a',
    '93f82d76748ade3d',
  ]);
});
