import type { Digest } from '@gradpool/protocol';
import { sha256Hex } from '@gradpool/tensors';
import { failureOf, WorkError } from '@gradpool/worker';
import type { FileStore } from './file-store.ts';

export interface DataFilesOptions {
  readonly store: Promise<FileStore>;
  readonly fetchFile: (sha256: Digest, signal: AbortSignal) => Promise<Uint8Array>;
  readonly digestOf: (bytes: Uint8Array) => Promise<string>;
  /** Bytes that are being fetched now. */
  readonly onFetching: (bytes: number) => void;
  /** A file could not be kept for the next visit. */
  readonly onNotKept: (message: string) => void;
  readonly warn: (message: string) => void;
}

export interface DataFiles {
  /** Begins to read a file that will be asked for; it stays in memory until then. */
  readonly ahead: (sha256: Digest, bytes: number, signal: AbortSignal) => void;
  /** From the store where it is there and whole, else fetched and kept. E_DATA_DIGEST where what was fetched is not it. */
  readonly read: (sha256: Digest, bytes: number, signal: AbortSignal) => Promise<Uint8Array>;
}

export function dataFiles(options: DataFilesOptions): DataFiles {
  const underWay = new Map<Digest, Promise<Uint8Array>>();
  let fetching = 0;
  const count = (bytes: number): void => {
    fetching += bytes;
    options.onFetching(fetching);
  };
  const fetched = async (sha256: Digest, bytes: number, signal: AbortSignal): Promise<Uint8Array> => {
    count(bytes);
    try {
      return await options.fetchFile(sha256, signal);
    } finally {
      count(-bytes);
    }
  };
  const load = async (sha256: Digest, bytes: number, signal: AbortSignal): Promise<Uint8Array> => {
    const store = await options.store;
    const kept = await store.get(sha256).catch(() => null);
    if (kept && (await options.digestOf(kept)) === sha256) return kept;
    if (kept) options.warn(`data file ${sha256} (${kept.length} bytes) is damaged and is fetched again`);
    const file = await fetched(sha256, bytes, signal);
    const found = await options.digestOf(file);
    if (found !== sha256) {
      throw new WorkError('E_DATA_DIGEST', `data file ${sha256} came as ${file.length} bytes with SHA-256 ${found}`);
    }
    // Nobody waits for the disk.
    store.put(sha256, file as Uint8Array<ArrayBuffer>).catch((error: unknown) => {
      options.onNotKept(failureOf(error).message);
    });
    return file;
  };
  const begin = (sha256: Digest, bytes: number, signal: AbortSignal): Promise<Uint8Array> => {
    const present = underWay.get(sha256) ?? load(sha256, bytes, signal);
    underWay.set(sha256, present);
    return present;
  };
  return {
    ahead: (sha256, bytes, signal) => {
      // Whoever reads it hears of a failure, and fetches again.
      begin(sha256, bytes, signal).catch(() => underWay.delete(sha256));
    },
    read: (sha256, bytes, signal) => begin(sha256, bytes, signal).finally(() => underWay.delete(sha256)),
  };
}

/** By the browser itself where the page is a secure context: many times faster than in JavaScript. */
export async function browserDigest(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto as { subtle?: SubtleCrypto };
  if (!subtle) return sha256Hex(bytes);
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
