import { parameterBytes, parametersFromBytes, type OptimizerMemory } from '@gradpool/tensors';

/** Where a pooled run stands between two rounds; the random streams need no state. */
export interface PooledState {
  /** Rounds done. */
  readonly round: number;
  /** That have counted so far in local mode; in exact mode the round tells. */
  readonly images: number;
  readonly parameters: Float32Array;
  readonly memory: OptimizerMemory;
}

const magic = 0x32_50_50_47;
const headerWords = 7;

/**
 * Seven little-endian uint32 (magic, round, images low and high, optimizer's step, vectors, values each), the parameters, the vectors. They are
 * written over `into` where that is as long.
 */
export function encodePooled(state: PooledState, into?: Uint8Array): Uint8Array {
  const { round, images, parameters, memory } = state;
  const size = parameters.length;
  const vectors = [parameters, ...memory.vectors];
  const length = 4 * (headerWords + vectors.length * size);
  const bytes = into?.length === length ? into : new Uint8Array(length);
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const words = [
    magic,
    round,
    images % 2 ** 32,
    Math.floor(images / 2 ** 32),
    memory.step,
    memory.vectors.length,
    size,
  ];
  for (const [i, word] of words.entries()) header.setUint32(4 * i, word, true);
  for (const [i, vector] of vectors.entries()) bytes.set(parameterBytes(vector), 4 * (headerWords + i * size));
  return bytes;
}

/** Null for bytes that are no checkpoint of a run with `size` parameters and an optimizer of `vectors` vectors. */
export function decodePooled(bytes: Uint8Array, size: number, vectors: number): PooledState | null {
  if (bytes.length !== 4 * (headerWords + (1 + vectors) * size)) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const words = Array.from({ length: headerWords }, (_, i) => header.getUint32(4 * i, true));
  const [seen, round, low, high, step, seenVectors, seenSize] = words;
  if (seen !== magic || seenVectors !== vectors || seenSize !== size) return null;
  const part = (i: number): Float32Array =>
    parametersFromBytes(bytes.subarray(4 * (headerWords + i * size), 4 * (headerWords + (i + 1) * size)));
  const memory = { step: step!, vectors: Array.from({ length: vectors }, (_, i) => part(i + 1)) };
  return { round: round!, images: low! + 2 ** 32 * high!, parameters: part(0), memory };
}
