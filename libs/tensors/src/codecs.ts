import { blockCodec } from './block-codec.ts';
import { parameterBytes, parametersFromBytes } from './parameter-bytes.ts';
import { fillUniformsInChunks } from './uniform-chunks.ts';
import type { RandomKey } from './random.ts';

/** Names of the ways to send a vector, from exact to small. */
export const codecNames = ['f32', 'bf16', 'int8', 'int4'] as const;
export type CodecName = (typeof codecNames)[number];

/**
 * Turns a float32 vector into bytes and back. What is lost is lost without bias: values are rounded up or down at random, by
 * the value at their own position under `key`, so that the expected result is the value itself. The same vector and key
 * give the same bytes everywhere. Values must be finite.
 */
export interface Codec {
  /** Bytes of an encoded vector of `size` values. */
  readonly byteLength: (size: number) => number;
  readonly encode: (values: Float32Array, key: RandomKey) => Uint8Array;
  /** Fills `out`. RangeError where the bytes are not as many as its length asks for. */
  readonly decode: (bytes: Uint8Array, out: Float32Array) => void;
}

const f32: Codec = {
  byteLength: (size) => 4 * size,
  encode: (values) => parameterBytes(values).slice(),
  decode(bytes, out) {
    expectBytes(bytes, 4 * out.length);
    out.set(parametersFromBytes(bytes));
  },
};

/** The upper half of a float32, little-endian: 8 bits of precision at float32's range. */
const bf16: Codec = {
  byteLength: (size) => 2 * size,
  encode(values, key) {
    const bits = new Uint32Array(values.slice().buffer);
    const bytes = new Uint8Array(2 * values.length);
    fillUniformsInChunks(values.length, key, (uniforms, at) => {
      for (let i = 0; i < uniforms.length; i += 1) {
        const exact = bits[at + i]!;
        const rounded = (exact + uniforms[i]! * 0x1_0000) >>> 16;
        // A value next to the largest must not become an infinity.
        const half = (rounded & 0x7f80) === 0x7f80 ? exact >>> 16 : rounded;
        bytes[2 * (at + i)] = half;
        bytes[2 * (at + i) + 1] = half >>> 8;
      }
    });
    return bytes;
  },
  decode(bytes, out) {
    expectBytes(bytes, 2 * out.length);
    const bits = new Uint32Array(out.length);
    for (let i = 0; i < out.length; i += 1) bits[i] = (bytes[2 * i]! << 16) | (bytes[2 * i + 1]! << 24);
    out.set(new Float32Array(bits.buffer));
  },
};

export const codecs: Readonly<Record<CodecName, Codec>> = { f32, bf16, int8: blockCodec(8), int4: blockCodec(4) };

function expectBytes(bytes: Uint8Array, wanted: number): void {
  if (bytes.length !== wanted) throw new RangeError(`${bytes.length} bytes came for a vector that takes ${wanted}`);
}
