import { parameterBytes, parametersFromBytes, type OptimizerMemory } from '@gradpool/tensors';

/** Where a pooled run stands between two rounds; the random streams need no state. */
export interface PooledState {
  /** Steps taken. */
  readonly round: number;
  readonly parameters: Float32Array;
  readonly memory: OptimizerMemory;
}

const magic = 0x31_50_50_47;
const headerWords = 5;

/** Five little-endian uint32 (magic, round, optimizer's step, vectors, values each), the parameters, the vectors. */
export function encodePooled({ round, parameters, memory }: PooledState): Uint8Array {
  const size = parameters.length;
  const vectors = [parameters, ...memory.vectors];
  const bytes = new Uint8Array(4 * (headerWords + vectors.length * size));
  const header = new DataView(bytes.buffer);
  const words = [magic, round, memory.step, memory.vectors.length, size];
  for (const [i, word] of words.entries()) header.setUint32(4 * i, word, true);
  for (const [i, vector] of vectors.entries()) bytes.set(parameterBytes(vector), 4 * (headerWords + i * size));
  return bytes;
}

/** Null for bytes that are no checkpoint of a run with `size` parameters and an optimizer of `vectors` vectors. */
export function decodePooled(bytes: Uint8Array, size: number, vectors: number): PooledState | null {
  if (bytes.length !== 4 * (headerWords + (1 + vectors) * size)) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const [seen, round, step, seenVectors, seenSize] = [0, 1, 2, 3, 4].map((i) => header.getUint32(4 * i, true));
  if (seen !== magic || seenVectors !== vectors || seenSize !== size) return null;
  const part = (i: number): Float32Array =>
    parametersFromBytes(bytes.subarray(4 * (headerWords + i * size), 4 * (headerWords + (i + 1) * size)));
  const memory = { step: step!, vectors: Array.from({ length: vectors }, (_, i) => part(i + 1)) };
  return { round: round!, parameters: part(0), memory };
}
