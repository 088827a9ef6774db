import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { httpLimits, type Digest } from '@gradpool/protocol';
import { Fault, reasonOf } from '../fault.ts';
import { isDiskFull } from '../loop/store-fault.ts';
import type { ArtifactStore, StoredBlob } from './artifact-store.ts';
import { startFiniteScan } from './finite-scan.ts';

const isDigest = (name: string): name is Digest => /^[0-9a-f]{64}$/.test(name);

/** Opens (or makes) `folder`/<first two digits>/<sha256>. Half-written files of an earlier process are removed. */
export async function openFolderArtifacts(
  folder: string,
  { bytesMax = httpLimits.artifactBytesMax }: { bytesMax?: number } = {},
): Promise<ArtifactStore> {
  const incoming = path.join(folder, 'incoming');
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  return new FolderArtifacts(folder, bytesMax, await indexFolder(folder));
}

async function indexFolder(folder: string): Promise<Map<Digest, StoredBlob>> {
  const index = new Map<Digest, StoredBlob>();
  for (const shelf of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(shelf)) continue;
    for (const name of await readdir(path.join(folder, shelf))) {
      if (!isDigest(name)) continue;
      const { size, mtimeMs } = await stat(path.join(folder, shelf, name));
      index.set(name, { sha256: name, bytes: size, finite: null, usedAt: mtimeMs });
    }
  }
  return index;
}

class FolderArtifacts implements ArtifactStore {
  private readonly folder: string;
  private readonly bytesMax: number;
  private readonly index: Map<Digest, StoredBlob>;

  constructor(folder: string, bytesMax: number, index: Map<Digest, StoredBlob>) {
    this.folder = folder;
    this.bytesMax = bytesMax;
    this.index = index;
  }

  find(sha256: Digest): StoredBlob | null {
    return this.index.get(sha256) ?? null;
  }

  list(): Iterable<StoredBlob> {
    return this.index.values();
  }

  touch(sha256: Digest): void {
    const blob = this.index.get(sha256);
    if (blob) this.index.set(sha256, { ...blob, usedAt: Date.now() });
  }

  async put(sha256: Digest, bytes: AsyncIterable<Uint8Array>): Promise<{ bytes: number; created: boolean }> {
    const known = this.index.get(sha256);
    if (known) {
      this.touch(sha256);
      return { bytes: known.bytes, created: false };
    }
    const aside = path.join(this.folder, 'incoming', randomUUID());
    try {
      const { size, finite } = await this.write(sha256, bytes, aside);
      await mkdir(path.dirname(this.file(sha256)), { recursive: true });
      await rename(aside, this.file(sha256));
      this.index.set(sha256, { sha256, bytes: size, finite, usedAt: Date.now() });
      return { bytes: size, created: true };
    } catch (error) {
      await rm(aside, { force: true }).catch(() => undefined);
      throw uploadFault(error);
    }
  }

  async read(sha256: Digest): Promise<Readable | null> {
    if (!this.index.has(sha256)) return null;
    const handle = await open(this.file(sha256)).catch(() => null);
    if (!handle) this.index.delete(sha256);
    return handle ? handle.createReadStream() : null;
  }

  async isFinite(sha256: Digest): Promise<boolean> {
    const blob = this.index.get(sha256);
    if (!blob) return false;
    if (blob.finite !== null) return blob.finite;
    const scan = startFiniteScan();
    for await (const chunk of createReadStream(this.file(sha256))) scan.push(chunk as Uint8Array);
    this.index.set(sha256, { ...blob, finite: scan.finite() });
    return scan.finite();
  }

  async remove(sha256: Digest): Promise<void> {
    this.index.delete(sha256);
    await rm(this.file(sha256), { force: true });
  }

  private file(sha256: Digest): string {
    return path.join(this.folder, sha256.slice(0, 2), sha256);
  }

  private async write(sha256: Digest, bytes: AsyncIterable<Uint8Array>, file: string) {
    const handle = await open(file, 'wx');
    try {
      return await this.copy(sha256, bytes, handle);
    } finally {
      await handle.close();
    }
  }

  private async copy(sha256: Digest, bytes: AsyncIterable<Uint8Array>, handle: FileHandle) {
    const hash = createHash('sha256');
    const scan = startFiniteScan();
    let size = 0;
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > this.bytesMax) throw tooLarge(this.bytesMax);
      hash.update(chunk);
      scan.push(chunk);
      await handle.writeFile(chunk);
    }
    const seen = hash.digest('hex');
    if (seen !== sha256) throw wrongDigest(seen, size, sha256);
    // A row may say that the blob is there as soon as this resolves, so it has to outlive a power cut.
    await handle.datasync();
    return { size, finite: scan.finite() };
  }
}

export const tooLarge = (bytesMax: number): Fault =>
  new Fault('E_ARTIFACT_TOO_LARGE', `an artifact may have at most ${bytesMax} bytes`, { status: 413 });

export function wrongDigest(seen: string, size: number, wanted: string): Fault {
  const message = `the ${size} bytes sent have SHA-256 ${seen}, the address says ${wanted}; send them again`;
  return new Fault('E_ARTIFACT_DIGEST', message, { status: 422 });
}

export function uploadFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const why = reasonOf(error);
  if (isDiskFull(error)) {
    return new Fault('E_DISK_FULL', `the disk is full (${why}); free some space and start again`, {
      status: 507,
      cause: error,
    });
  }
  return new Fault('E_ARTIFACT_UPLOAD', `the artifact was not stored: ${why}`, { status: 400, cause: error });
}
