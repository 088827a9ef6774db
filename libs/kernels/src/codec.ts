import type { Arena } from './arena.ts';

/** Ways to send a vector; formats and names are those of libs/tensors. */
type CodecName = 'f32' | 'bf16' | 'int8' | 'int4';

/** Turns vectors of one size, at addresses of an arena, into bytes and back: those of libs/tensors. */
interface PlacedCodec {
  /** The vector at `x` as bytes of their own, rounded under the key. Values must be finite. */
  readonly encode: (x: number, key: { readonly seed: number; readonly stream: number }) => Uint8Array<ArrayBuffer>;
  /** Writes the vector to `out`. RangeError where the bytes are not as many as its size asks for. */
  readonly decode: (bytes: Uint8Array, out: number) => void;
}

/** Uniforms drawn at a time: a multiple of the block that shares a scale, small enough for the first-level cache. */
const chunkValues = 2048;
const blockValues = 64;
const alignment = 64;

/** Bytes of an arena that `placeCodec` takes at most. */
export function codecBytes(size: number): number {
  // Scales and bytes as levels, besides what is encoded; the scratch space of the uniforms is below a page.
  return 7 * size + 4 * chunkValues + 65_536 + 8 * alignment;
}

/** A codec whose work space lies in the arena. */
export function placeCodec(arena: Arena, name: CodecName, size: number): PlacedCodec {
  const { octets } = arena;
  switch (name) {
    case 'f32':
      return {
        encode: (x) => octets(x, 4 * size).slice(),
        decode(bytes, out) {
          expectBytes(bytes, 4 * size);
          octets(out, 4 * size).set(bytes);
        },
      };
    case 'bf16':
      return placeBf16(arena, size);
    case 'int8':
      return placeBlocks(arena, 127, size);
    case 'int4':
      return placeBlocks(arena, 7, size);
    default:
      return name satisfies never;
  }
}

function placeBf16(arena: Arena, size: number): PlacedCodec {
  const { kernels, allocate, octets } = arena;
  const halves = allocate(2 * size);
  const inChunks = uniformsInChunks(arena, size);
  return {
    encode(x, key) {
      inChunks(key, (at, count, uniforms) => {
        kernels.encodeBf16(x + 4 * at, uniforms, count, halves + 2 * at);
      });
      return octets(halves, 2 * size).slice();
    },
    decode(bytes, out) {
      expectBytes(bytes, 2 * size);
      octets(halves, 2 * size).set(bytes);
      kernels.decodeBf16(halves, size, out);
    },
  };
}

/** Scales first, then levels of eight bits, or pairs of four. */
function placeBlocks(arena: Arena, levelMax: 7 | 127, size: number): PlacedCodec {
  const { kernels, allocate, octets } = arena;
  const scaleBytes = 4 * Math.ceil(size / blockValues);
  const total = scaleBytes + (levelMax === 7 ? Math.ceil(size / 2) : size);
  const all = allocate(total);
  const [scales, body] = [all, all + scaleBytes];
  const levels = levelMax === 7 ? allocate(size) : body;
  const inChunks = uniformsInChunks(arena, size);
  return {
    encode(x, key) {
      inChunks(key, (at, count, uniforms) => {
        const scale = scales + (4 * at) / blockValues;
        kernels.encodeBlocks(x + 4 * at, uniforms, count, levelMax, scale, levels + at);
      });
      if (levelMax === 7) kernels.packHalves(levels, size, body);
      return octets(all, total).slice();
    },
    decode(bytes, out) {
      expectBytes(bytes, total);
      octets(all, total).set(bytes);
      if (levelMax === 7) kernels.unpackHalves(body, size, levels);
      kernels.decodeBlocks(levels, scales, size, out);
    },
  };
}

/** Calls `use` with the address of the key's uniforms at positions `at` to `at + count - 1`, chunk by chunk. */
function uniformsInChunks({ kernels, allocate }: Arena, size: number) {
  const uniforms = allocate(4 * chunkValues);
  const scratch = allocate(kernels.randomScratchBytes());
  return (
    { seed, stream }: { readonly seed: number; readonly stream: number },
    use: (at: number, count: number, uniforms: number) => void,
  ): void => {
    for (let at = 0; at < size; at += chunkValues) {
      const count = Math.min(chunkValues, size - at);
      kernels.uniforms(uniforms, count, at, seed, stream, scratch);
      use(at, count, uniforms);
    }
  };
}

function expectBytes(bytes: Uint8Array, wanted: number): void {
  if (bytes.length !== wanted) throw new RangeError(`${bytes.length} bytes came for a vector that takes ${wanted}`);
}
