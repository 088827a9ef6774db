/*
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
 * A block cipher used as a random generator: four words out for every (counter, key), with no state between.
 *
 * One round, with (hi, lo) the halves of a 64-bit product:
 *   (hi0, lo0) = M0 c0,  (hi1, lo1) = M1 c2
 *   c = (hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0)
 * and after each of the ten rounds k0 += W0, k1 += W1.
 */
// Taken once: where a module's global object is not the engine's own (a test sandbox), each lookup of Math is slow.
const { imul } = Math;

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const high0 = multiplier0 >>> 16;
const low0 = multiplier0 & 0xffff;
const high1 = multiplier1 >>> 16;
const low1 = multiplier1 & 0xffff;
const weyl0 = 0x9e3779b9 | 0;
const weyl1 = 0xbb67ae85 | 0;
const rounds = 10;

/** One block: writes four words to `out[0..3]`. Counter and key are uint32 words, as in the published test vectors. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array | Int32Array,
): void {
  block(counter[0] | 0, counter[1] | 0, counter[2] | 0, counter[3] | 0, key[0] | 0, key[1] | 0, out, 0);
}

/** Which words of the generator a run of blocks is: blocks `first`, `first + 1`, … of one key and domain. */
export interface BlockRun {
  readonly key0: number;
  readonly key1: number;
  /** Keeps different uses of one key apart. */
  readonly domain: number;
  /** Index of the first block, a safe integer. */
  readonly first: number;
  readonly blocks: number;
}

/** Fills `out[0 .. 4 * blocks - 1]` with the words of consecutive blocks. The counter is (index low, index high, domain, 0). */
export function philoxBlocks(run: BlockRun, out: Int32Array): void {
  const { key0, key1, domain, first, blocks } = run;
  for (let i = 0; i < blocks; i += 1) {
    const index = first + i;
    block(index | 0, (index / 0x1_0000_0000) | 0, domain, 0, key0 | 0, key1 | 0, out, 4 * i);
  }
}

function block(
  a: number,
  b: number,
  c: number,
  d: number,
  key0: number,
  key1: number,
  out: Uint32Array | Int32Array,
  at: number,
): void {
  for (let round = 0; round < rounds; round += 1) {
    const upper0 = upperHalf(high0, low0, a);
    const upper1 = upperHalf(high1, low1, c);
    const lower0 = imul(multiplier0, a);
    const lower1 = imul(multiplier1, c);
    a = upper1 ^ b ^ key0;
    b = lower1;
    c = upper0 ^ d ^ key1;
    d = lower0;
    key0 = (key0 + weyl0) | 0;
    key1 = (key1 + weyl1) | 0;
  }
  out[at] = a;
  out[at + 1] = b;
  out[at + 2] = c;
  out[at + 3] = d;
}

/** Upper 32 bits of (high 2^16 + low) x, by 16-bit limbs: every partial sum stays below 2^32. */
function upperHalf(high: number, low: number, x: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const middle = (imul(high, xLow) + (imul(low, xLow) >>> 16)) | 0;
  const cross = (imul(low, xHigh) + (middle & 0xffff)) | 0;
  return (imul(high, xHigh) + (middle >>> 16) + (cross >>> 16)) | 0;
}
