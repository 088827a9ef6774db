import { Readable } from 'node:stream';
import type { ArtifactRef, Digest } from '@gradpool/protocol';
import { createHash } from 'node:crypto';
import type { ArtifactStore, StoredBlob } from './artifact-store.ts';

/**
 * An artifact store with some blobs in memory only: the parameters of pooled rounds, which every worker fetches at once and
 * nobody wants a round later. They are not listed, so nothing takes them for orphans.
 */
export class HotArtifacts implements ArtifactStore {
  private readonly cold: ArtifactStore;
  private readonly hot = new Map<Digest, { readonly blob: StoredBlob; readonly bytes: Buffer; holders: number }>();

  constructor(cold: ArtifactStore) {
    this.cold = cold;
  }

  /** Keeps a copy of the bytes until they are forgotten as often as they were held. */
  hold(bytes: Uint8Array): ArtifactRef {
    const sha256 = this.digestOf(bytes);
    const known = this.hot.get(sha256);
    if (known) known.holders += 1;
    else {
      const kept = Buffer.from(bytes);
      const blob = { sha256, bytes: kept.length, finite: null, usedAt: Date.now() };
      this.hot.set(sha256, { bytes: kept, blob, holders: 1 });
    }
    return { sha256, bytes: bytes.length };
  }

  /** The name that these bytes have. */
  digestOf(bytes: Uint8Array): Digest {
    return createHash('sha256').update(bytes).digest('hex') as Digest;
  }

  forget({ sha256 }: ArtifactRef): void {
    const held = this.hot.get(sha256);
    if (held === undefined) return;
    held.holders -= 1;
    if (held.holders === 0) this.hot.delete(sha256);
  }

  /** Stores bytes for good, under their digest. */
  async store(bytes: Uint8Array): Promise<ArtifactRef> {
    const sha256 = this.digestOf(bytes);
    await this.cold.put(sha256, Readable.from([Buffer.from(bytes)]));
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
    return kept ? Readable.from([kept.bytes]) : this.cold.read(sha256);
  }

  /** All bytes at once; null where there is no such blob. */
  async readWhole(sha256: Digest): Promise<Buffer | null> {
    const stream = await this.read(sha256);
    if (!stream) return null;
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
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
