import { createHash } from 'node:crypto';
import type { Digest } from '@gradpool/protocol';
import { uploadFault, wrongDigest } from '../artifacts/folder-artifacts.ts';
import type { CoordinatorLimits } from '../limits.ts';
import { putBytes, vectorMemory, type VectorMemoryLimits } from './vector-memory.ts';

interface Held {
  readonly bytes: Uint8Array;
  readonly at: number;
}

export interface SumUploadsParts {
  readonly limits: Pick<CoordinatorLimits, 'sumUploadBytesMax' | 'sumUploadMs'> & VectorMemoryLimits;
  readonly clock: () => number;
}

/**
 * Uploads that are of use for one round only, in memory from their arrival until their result comes. What no result ever
 * names is dropped after `sumUploadMs`.
 */
export class SumUploads {
  private readonly parts: SumUploadsParts;
  private readonly held = new Map<Digest, Held>();
  /** Arrived or arriving. */
  private reservedBytes = 0;

  constructor(parts: SumUploadsParts) {
    this.parts = parts;
  }

  /**
   * Takes `announced` bytes in; null, with nothing read, where there is no room or no length was announced.
   * Rejects with a Fault: E_ARTIFACT_DIGEST, E_ARTIFACT_UPLOAD.
   */
  async put(sha256: Digest, bytes: AsyncIterable<Uint8Array>, announced: number) {
    const known = this.held.get(sha256);
    if (known) return { bytes: known.bytes.length, created: false };
    if (announced < 1 || !this.makeRoom(announced)) return null;
    this.reservedBytes += announced;
    try {
      const memory = new Uint8Array(vectorMemory(announced, this.parts.limits));
      const taken = await takeIn(sha256, bytes, memory);
      if (this.held.has(sha256)) this.reservedBytes -= announced;
      else this.held.set(sha256, { bytes: taken, at: this.parts.clock() });
      return { bytes: announced, created: true };
    } catch (error) {
      this.reservedBytes -= announced;
      throw uploadFault(error);
    }
  }

  find(sha256: Digest): Uint8Array | null {
    return this.held.get(sha256)?.bytes ?? null;
  }

  remove(sha256: Digest): void {
    const held = this.held.get(sha256);
    if (held && this.held.delete(sha256)) this.reservedBytes -= held.bytes.length;
  }

  /** Drops what no result has named in time; the coordinator calls it now and then, so that nothing stays for ever. */
  dropOld(): void {
    const { limits, clock } = this.parts;
    const before = clock() - limits.sumUploadMs;
    for (const [sha256, { at }] of this.held) {
      if (at >= before) break;
      this.remove(sha256);
    }
  }

  private makeRoom(bytes: number): boolean {
    this.dropOld();
    return this.reservedBytes + bytes <= this.parts.limits.sumUploadBytesMax;
  }
}

/** Fills `taken`. */
async function takeIn(sha256: Digest, bytes: AsyncIterable<Uint8Array>, taken: Uint8Array): Promise<Uint8Array> {
  const announced = taken.length;
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    if (size + chunk.length > announced) throw new Error(`more than the ${announced} bytes announced`);
    putBytes(taken, chunk, size);
    hash.update(chunk);
    size += chunk.length;
  }
  const seen = hash.digest('hex');
  if (size < announced || seen !== sha256) throw wrongDigest(seen, size, sha256);
  return taken;
}
