import { describe, expect, test } from '@jest/globals';
import { cosOfSector, inverseOfCentre, logOfCentre, scaleOfLeadingZeros, sinOfSector } from './normal-tables.ts';
import { normalsFromWords } from './normals.ts';

function pair(w: number, v: number): [number, number] {
  const out = new Float32Array(2);
  normalsFromWords(Int32Array.of(w, v), 2, out, 0);
  return [out[0] ?? NaN, out[1] ?? NaN];
}

/** The definition, with the engine's own functions. */
function defined(w: number, v: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(((w >>> 0) + 0.5) / 2 ** 32));
  const angle = (2 * Math.PI * (v | 0)) / 2 ** 32;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

describe('tables of the normals', () => {
  test('[T8] logarithms, inverses and scales', () => {
    for (let i = 0; i <= 64; i += 1) {
      expect(logOfCentre[i]).toBeCloseTo(Math.log(1 + i / 64), 14);
      expect(inverseOfCentre[i]).toBe(64 / (64 + i));
    }
    expect(scaleOfLeadingZeros[0]).toBe(2 ** -31);
    expect(scaleOfLeadingZeros[32]).toBe(2);
  });

  test('[T8] cosines and sines', () => {
    for (let i = 0; i < 256; i += 1) {
      expect(cosOfSector[i]).toBeCloseTo(Math.cos((2 * Math.PI * i) / 256), 14);
      expect(sinOfSector[i]).toBeCloseTo(Math.sin((2 * Math.PI * i) / 256), 14);
    }
    expect([cosOfSector[0], cosOfSector[128], sinOfSector[0], sinOfSector[64]]).toEqual([1, -1, 0, 1]);
  });
});

describe('normalsFromWords', () => {
  const edges = [
    0, 1, 2, 3, 0x7fffff, 0x800000, 0x800001, 0x7fffffff, 0x80000000, 0x81000000, 0xff000000, 0xfffffffe, 0xffffffff,
  ];

  test('[T8] is Box-Muller to the last float32 digit or next to it, at every edge', () => {
    for (const w of edges) {
      for (const v of edges) {
        const [x, y] = pair(w, v);
        const [definedX, definedY] = defined(w, v);
        expect(Math.abs(x - definedX)).toBeLessThan(1e-6);
        expect(Math.abs(y - definedY)).toBeLessThan(1e-6);
      }
    }
  });

  test('[T8] is Box-Muller over the whole range of words', () => {
    let worst = 0;
    let state = 1;
    for (let i = 0; i < 50_000; i += 1) {
      const w = (state = Math.imul(state, 1664525) + 1013904223) | 0;
      const v = (state = Math.imul(state, 1664525) + 1013904223) | 0;
      const [x, y] = pair(w, v);
      const [definedX, definedY] = defined(w, v);
      worst = Math.max(worst, Math.abs(x - Math.fround(definedX)), Math.abs(y - Math.fround(definedY)));
    }
    // One unit in the last place of a float32 between 4 and 8.
    expect(worst).toBeLessThan(5e-7);
  });

  test('[T8] the largest value is finite and below 6.77, the smallest radius is no NaN', () => {
    expect(pair(0, 0)[0]).toBeCloseTo(6.7637, 3);
    const smallest = pair(0xffffffff, 0)[0];
    expect(smallest).toBeGreaterThan(0);
    expect(smallest).toBeCloseTo(Math.sqrt(2 ** -32), 9);
  });
});
