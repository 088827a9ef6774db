import { Readable } from 'node:stream';
import type { ArtifactRef, Digest } from '@gradpool/protocol';
import type { ArtifactStore, StoredBlob } from './artifact-store.ts';

export interface NamedBytes {
  readonly sha256: Digest;
  readonly bytes: Uint8Array;
}

/** Long blobs go out and to disk in parts of so many bytes, so that each takes a millisecond or two of the event loop. */
const partBytes = 1_048_576;

/**
 * An artifact store with some blobs in memory only: the parameters of pooled rounds, which every worker fetches at once and
 * nobody wants a round later. They are not listed, so nothing takes them for orphans.
 */
export class HotArtifacts implements ArtifactStore {
  private readonly cold: ArtifactStore;
  private readonly hot = new Map<Digest, { readonly blob: StoredBlob; readonly bytes: Uint8Array; holders: number }>();

  constructor(cold: ArtifactStore) {
    this.cold = cold;
  }

  /** Keeps the bytes, which must stay as they are, until they are forgotten as often as they were held. */
  hold({ sha256, bytes }: NamedBytes): ArtifactRef {
    const known = this.hot.get(sha256);
    if (known) known.holders += 1;
    else {
      const blob = { sha256, bytes: bytes.length, finite: null, usedAt: Date.now() };
      this.hot.set(sha256, { bytes, blob, holders: 1 });
    }
    return { sha256, bytes: bytes.length };
  }

  forget({ sha256 }: ArtifactRef): void {
    const held = this.hot.get(sha256);
    if (held === undefined) return;
    held.holders -= 1;
    if (held.holders === 0) this.hot.delete(sha256);
  }

  /** Stores bytes for good, under their digest. They must stay as they are meanwhile. */
  async store({ sha256, bytes }: NamedBytes): Promise<ArtifactRef> {
    await this.cold.put(sha256, Readable.from(partsOf(bytes)));
    return { sha256, bytes: bytes.length };
  }

  find(sha256: Digest): StoredBlob | null {
    return this.hot.get(sha256)?.blob ?? this.cold.find(sha256);
  }

  list(): Iterable<StoredBlob> {
    return this.cold.list();
  }

  put(sha256: Digest, bytes: AsyncIterable<Uint8Array>): Promise<{ bytes: number; created: boolean }> {
    return this.cold.put(sha256, bytes);
  }

  async read(sha256: Digest): Promise<Readable | null> {
    const kept = this.hot.get(sha256);
    return kept ? Readable.from(partsOf(kept.bytes)) : this.cold.read(sha256);
  }

  /** All bytes at once, in memory that threads share; null where there is no such blob. */
  async readWhole(sha256: Digest): Promise<Uint8Array | null> {
    const stream = await this.read(sha256);
    const size = this.find(sha256)?.bytes;
    if (!stream || size === undefined) return null;
    const whole = new Uint8Array(new SharedArrayBuffer(size));
    let filled = 0;
    // Chunk by chunk, since putting long ones together in the end would hold the loop.
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (filled + chunk.length > size) throw new RangeError(`the artifact ${sha256} has more than its ${size} bytes`);
      whole.set(chunk, filled);
      filled += chunk.length;
    }
    return whole.subarray(0, filled);
  }

  isFinite(sha256: Digest): Promise<boolean> {
    return this.cold.isFinite(sha256);
  }

  touch(sha256: Digest): void {
    this.cold.touch(sha256);
  }

  remove(sha256: Digest): Promise<void> {
    return this.cold.remove(sha256);
  }
}

function* partsOf({ buffer, byteOffset, length }: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < length; at += partBytes)
    yield Buffer.from(buffer as ArrayBuffer, byteOffset + at, Math.min(partBytes, length - at));
}
