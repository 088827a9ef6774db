import { describe, expect, test } from '@jest/globals';
import { philox4x32, philoxBlocks } from './philox.ts';

type Vector = [
  counter: [number, number, number, number],
  key: [number, number],
  words: [number, number, number, number],
];

/** The known answers for philox4x32-10 that the Random123 library publishes; the third is digits of pi. */
const published: Vector[] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

describe('philox4x32', () => {
  test.each(published)('[T4] counter %p under key %p gives the published words', (counter, key, words) => {
    const out = new Uint32Array(4);
    philox4x32(counter, key, out);
    expect([...out]).toEqual(words);
  });

  test('[T4] agrees with the definition in exact integers on arbitrary words', () => {
    const out = new Uint32Array(4);
    let state = 12345;
    const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
    for (let i = 0; i < 200; i += 1) {
      const counter: [number, number, number, number] = [next(), next(), next(), next()];
      const key: [number, number] = [next(), next()];
      philox4x32(counter, key, out);
      expect([...out]).toEqual(exactPhilox(counter, key));
    }
  });

  test('[T6] block i of a run has counter (i low, i high, domain, 0)', () => {
    const run = new Int32Array(8);
    const first = 5 * 2 ** 32 + 0xffffffff;
    philoxBlocks({ key0: 7, key1: 9, domain: 1, first, blocks: 2 }, run);
    const out = new Uint32Array(8);
    philox4x32([0xffffffff, 5, 1, 0], [7, 9], out.subarray(0, 4));
    philox4x32([0, 6, 1, 0], [7, 9], out.subarray(4, 8));
    expect([...new Uint32Array(run.buffer)]).toEqual([...out]);
  });
});

function exactPhilox(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round += 1) {
    const product0 = 0xd2511f53n * a;
    const product1 = 0xcd9e8d57n * c;
    [a, b, c, d] = [(product1 >> 32n) ^ b ^ k0, product1 & mask, (product0 >> 32n) ^ d ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [a, b, c, d].map(Number);
}
