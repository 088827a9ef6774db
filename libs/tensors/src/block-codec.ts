import type { Codec } from './codecs.ts';
import { parameterBytes, parametersFromBytes } from './parameter-bytes.ts';
import { fillUniformsInChunks } from './uniform-chunks.ts';

/** Values that share one scale: their largest size, divided by the largest level. */
const blockValues = 64;

/**
 * Blocks of 64 values as signed whole numbers of `bits` bits times one float32 scale. Bytes: all scales (little-endian), then
 * all numbers in order; of two 4-bit numbers in a byte, kept as level + 8, the first is in the low half.
 */
export function blockCodec(bits: 4 | 8): Codec {
  const levelMax = 2 ** (bits - 1) - 1;
  const blocks = (size: number): number => Math.ceil(size / blockValues);
  const byteLength = (size: number): number => 4 * blocks(size) + Math.ceil((size * bits) / 8);
  return {
    byteLength,
    encode(values, key) {
      const scales = new Float32Array(blocks(values.length));
      for (let block = 0; block < scales.length; block += 1) scales[block] = sizeOfBlock(values, block) / levelMax;
      const bytes = new Uint8Array(byteLength(values.length));
      bytes.set(parameterBytes(scales));
      const levels = new Int8Array(values.length);
      fillUniformsInChunks(values.length, key, (uniforms, at) => {
        roundToLevels({ values, scales, uniforms, levelMax }, at, levels);
      });
      const body = bytes.subarray(4 * scales.length);
      if (bits === 8) body.set(new Uint8Array(levels.buffer));
      else packHalves(levels, body);
      return bytes;
    },
    decode(bytes, out) {
      const wanted = byteLength(out.length);
      if (bytes.length !== wanted) throw new RangeError(`${bytes.length} bytes came for a vector that takes ${wanted}`);
      const count = blocks(out.length);
      const scales = parametersFromBytes(bytes.subarray(0, 4 * count));
      const body = bytes.subarray(4 * count);
      for (let i = 0; i < out.length; i += 1) {
        const level = bits === 8 ? (body[i]! << 24) >> 24 : ((body[i >> 1]! >> (4 * (i & 1))) & 15) - 8;
        out[i] = level * scales[i >> 6]!;
      }
    },
  };
}

function sizeOfBlock(values: Float32Array, block: number): number {
  const end = Math.min(values.length, (block + 1) * blockValues);
  let largest = 0;
  for (let i = block * blockValues; i < end; i += 1) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}

interface Rounding {
  readonly values: Float32Array;
  readonly scales: Float32Array;
  readonly uniforms: Float32Array;
  readonly levelMax: number;
}

/** level = floor(x / scale + u) with u uniform in [0, 1): the expected level is x / scale. */
function roundToLevels({ values, scales, uniforms, levelMax }: Rounding, at: number, levels: Int8Array): void {
  for (let i = 0; i < uniforms.length; i += 1) {
    const scale = scales[(at + i) >> 6]!;
    const exact = scale > 0 ? values[at + i]! / scale : 0;
    // The scale itself is rounded to float32, so the largest value may stand a hair beyond the last level.
    levels[at + i] = Math.max(-levelMax, Math.min(levelMax, Math.floor(exact + uniforms[i]!)));
  }
}

function packHalves(levels: Int8Array, out: Uint8Array): void {
  for (let i = 0; i < out.length; i += 1) {
    const second = 2 * i + 1 < levels.length ? levels[2 * i + 1]! : -8;
    out[i] = (levels[2 * i]! + 8) | ((second + 8) << 4);
  }
}
