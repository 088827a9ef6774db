import { wireLimits } from '@gradpool/protocol';
import type { CoordinatorLimits } from '../limits.ts';

export type VectorMemoryLimits = Pick<CoordinatorLimits, 'vectorSharedBytesMin'>;

/** Memory for a vector of so many bytes. Long ones are for threads to read in place; short ones are sooner copied than shared. */
export const vectorMemory = (bytes: number, { vectorSharedBytesMin }: VectorMemoryLimits): ArrayBufferLike =>
  bytes >= vectorSharedBytesMin ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);

const stepping = new Uint8Array(wireLimits.vectorPartBytesMax + 8);

/**
 * Copies bytes into such memory. Into shared memory V8 copies single bytes, which takes fifteen times as long, unless both ends lie alike
 * within eight bytes: so they go by way of memory where they do.
 */
export function putBytes(target: Uint8Array, bytes: Uint8Array, at: number): void {
  const isShared = target.buffer instanceof SharedArrayBuffer;
  if (!isShared || bytes.length + 8 > stepping.length) return target.set(bytes, at);
  const shift = (target.byteOffset + at) % 8;
  const step = stepping.subarray(shift, shift + bytes.length);
  step.set(bytes);
  target.set(step, at);
}
