import { philoxBlocks } from './philox.ts';
import { normalsFromWords } from './normals.ts';
import { sha256Hex } from './digest.ts';

/**
 * Names one stream of random values. Both numbers are uint32. Values have no state: the value at a position
 * is a function of (key, position), the same on every machine and whatever span is asked for.
 */
export interface RandomKey {
  readonly seed: number;
  readonly stream: number;
}

/** Uses of one key that never share words. */
const domains = { uniforms: 0, normals: 1, permutation: 2 } as const;

const chunkBlocks = 256;
const words = new Int32Array(4 * chunkBlocks);
const edge = new Float32Array(4);

type FromWords = (source: Int32Array, count: number, out: Float32Array, at: number) => void;

/** A stream number (uint32) from names: the first four bytes of the SHA-256 of their JSON. `1` and `'1'` differ. */
export function streamOf(...names: readonly (string | number)[]): number {
  return Number.parseInt(sha256Hex(new TextEncoder().encode(JSON.stringify(names))).slice(0, 8), 16);
}

/** Fills `out` with uniforms in [0, 1), multiples of 2^-24. `out[i]` is the value at position `counter + i` of the key. */
export function fillUniforms(out: Float32Array, key: RandomKey, counter: number): void {
  fill(out, key, counter, domains.uniforms, uniformsFromWords);
}

/** Fills `out` with standard normals. `out[i]` is the value at position `counter + i` of the key; |value| < 6.77. */
export function fillNormals(out: Float32Array, key: RandomKey, counter: number): void {
  fill(out, key, counter, domains.normals, normalsFromWords);
}

/** A uniformly drawn permutation of 0 .. n - 1 (Fisher-Yates; draws that would bias the remainder are drawn again). */
export function permutation(n: number, key: RandomKey): Uint32Array {
  if (!Number.isSafeInteger(n) || n < 0 || n > 0xffff_ffff) {
    throw new RangeError(`A permutation of ${n} things: the number must be a whole one from 0 to 2^32 - 1`);
  }
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const next = wordReader(key, Math.min(chunkBlocks, Math.ceil((n + 1) / 4)));
  for (let last = n - 1; last > 0; last -= 1) {
    const range = last + 1;
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % range);
    let word = next();
    while (word >= limit) word = next();
    const chosen = word % range;
    const kept = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = kept;
  }
  return order;
}

/** The words of the key's permutation domain one by one, drawn `blocks` at a time. */
function wordReader(key: RandomKey, blocks: number): () => number {
  const buffer = new Int32Array(4 * blocks);
  let first = 0;
  let at = buffer.length;
  return () => {
    if (at === buffer.length) {
      philoxBlocks({ key0: key.seed, key1: key.stream, domain: domains.permutation, first, blocks }, buffer);
      first += blocks;
      at = 0;
    }
    const word = buffer[at]! >>> 0;
    at += 1;
    return word;
  };
}

/** Whole blocks straight into `out`; the parts of a block at either end through `edge`. */
function fill(out: Float32Array, key: RandomKey, counter: number, domain: number, fromWords: FromWords): void {
  if (!Number.isSafeInteger(counter) || counter < 0 || !Number.isSafeInteger(counter + out.length)) {
    throw new RangeError(`Random position ${counter} for ${out.length} values is no safe integer from 0`);
  }
  let done = 0;
  while (done < out.length) {
    const position = counter + done;
    const lane = position % 4;
    const first = (position - lane) / 4;
    const left = out.length - done;
    const blocks = lane === 0 ? Math.min(chunkBlocks, Math.floor(left / 4)) : 0;
    philoxBlocks({ key0: key.seed, key1: key.stream, domain, first, blocks: Math.max(1, blocks) }, words);
    if (blocks > 0) {
      fromWords(words, 4 * blocks, out, done);
      done += 4 * blocks;
    } else {
      fromWords(words, 4, edge, 0);
      const taken = Math.min(4 - lane, left);
      out.set(edge.subarray(lane, lane + taken), done);
      done += taken;
    }
  }
}

function uniformsFromWords(source: Int32Array, count: number, out: Float32Array, at: number): void {
  for (let i = 0; i < count; i += 1) out[at + i] = (source[i]! >>> 8) * (1 / 0x100_0000);
}
