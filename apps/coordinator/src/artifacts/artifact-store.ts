import type { Readable } from 'node:stream';
import type { Digest } from '@gradpool/protocol';

export interface StoredBlob {
  readonly sha256: Digest;
  readonly bytes: number;
  /** Whether all the bytes, read as little-endian float32, are finite numbers; null where that is not known yet. */
  readonly finite: boolean | null;
  /** When it was last put or asked for, on the wall clock. */
  readonly usedAt: number;
}

/**
 * Content-addressed blobs: weights and checkpoints. A folder by default; an object store can follow behind the same
 * interface. Looking one up costs no I/O, so that a result can be screened while its frame is handled.
 */
export interface ArtifactStore {
  find(sha256: Digest): StoredBlob | null;
  list(): Iterable<StoredBlob>;
  /**
   * Keeps the bytes under their digest, whole or not at all; putting them again is harmless.
   * Rejects with a Fault: E_ARTIFACT_DIGEST, E_ARTIFACT_TOO_LARGE, E_DISK_FULL, E_ARTIFACT_UPLOAD.
   */
  put(sha256: Digest, bytes: AsyncIterable<Uint8Array>): Promise<{ bytes: number; created: boolean }>;
  /** Null where there is no such blob (any more). */
  read(sha256: Digest): Promise<Readable | null>;
  /** As `StoredBlob.finite`, reading the blob where that is not known yet. */
  isFinite(sha256: Digest): Promise<boolean>;
  /** Says that somebody counts on the blob. */
  touch(sha256: Digest): void;
  remove(sha256: Digest): Promise<void>;
}
