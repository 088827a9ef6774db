import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Digest } from '@gradpool/protocol';
import { failureOf, WorkError } from '@gradpool/worker';

export interface DatasetCache {
  /** Shared by all workers of this machine; files are named by their SHA-256. */
  readonly folder: string;
  readonly fetchFile: (sha256: Digest, signal: AbortSignal) => Promise<Uint8Array>;
  readonly warn: (message: string) => void;
}

/**
 * A data file by its digest, from the folder where it is there and whole, else fetched and kept. A copy with another
 * digest is fetched again; a fetched file with another digest is E_DATA_DIGEST. A folder that cannot be written costs
 * the next start a download, nothing else.
 */
export async function readDataFile(cache: DatasetCache, sha256: Digest, signal: AbortSignal): Promise<Uint8Array> {
  const file = path.join(cache.folder, sha256);
  const kept = await readKept(file);
  if (kept) {
    if (digestOf(kept) === sha256) return kept;
    cache.warn(`${file} (${kept.length} bytes) is damaged and is fetched again`);
  }
  const bytes = await cache.fetchFile(sha256, signal);
  const found = digestOf(bytes);
  if (found !== sha256) {
    throw new WorkError('E_DATA_DIGEST', `data file ${sha256} came as ${bytes.length} bytes with SHA-256 ${found}`);
  }
  await keep(file, bytes).catch((error: unknown) => {
    cache.warn(`data file not kept: ${failureOf(error).message}`);
  });
  return bytes;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const readKept = (file: string): Promise<Uint8Array | null> => readFile(file).catch(() => null);

/** Written aside and renamed, so that another worker never sees half a file. */
async function keep(file: string, bytes: Uint8Array): Promise<void> {
  const aside = `${file}.${randomUUID()}.part`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await writeFile(aside, bytes);
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
