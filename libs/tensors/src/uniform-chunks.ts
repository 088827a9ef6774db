import { fillUniforms, type RandomKey } from './random.ts';

/** A multiple of the codecs' block, small enough to stay in the first-level cache. */
const chunkValues = 2048;
const buffer = new Float32Array(chunkValues);

/** Calls `use` with the uniforms at positions 0 to size - 1 of the key, a chunk at a time; `at` is the chunk's first position. */
export function fillUniformsInChunks(
  size: number,
  key: RandomKey,
  use: (uniforms: Float32Array, at: number) => void,
): void {
  for (let at = 0; at < size; at += chunkValues) {
    const uniforms = buffer.subarray(0, Math.min(chunkValues, size - at));
    fillUniforms(uniforms, key, at);
    use(uniforms, at);
  }
}
