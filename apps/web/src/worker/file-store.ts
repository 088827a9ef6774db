/** Keeps files by their SHA-256 between visits. `get` gives null for what is not there; `put` rejects where it cannot keep. */
export interface FileStore {
  readonly get: (sha256: string) => Promise<Uint8Array | null>;
  readonly put: (sha256: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
}

const storeName = 'gradpool-files';

/** Cache Storage in a secure context, else IndexedDB; where both are missing or forbidden nothing is kept. */
export async function openFileStore(): Promise<FileStore> {
  try {
    if ('caches' in globalThis) return cacheStore(await caches.open(storeName));
    return indexedStore(await openDatabase());
  } catch (error) {
    return forgetful(error instanceof Error ? error.message : String(error));
  }
}

export function cacheStore(cache: Pick<Cache, 'match' | 'put'>): FileStore {
  const address = (sha256: string): string => `/data/${sha256}`;
  return {
    get: async (sha256) => {
      const response = await cache.match(address(sha256));
      return response ? new Uint8Array(await response.arrayBuffer()) : null;
    },
    put: async (sha256, bytes) => {
      await cache.put(address(sha256), new Response(bytes));
    },
  };
}

function indexedStore(database: IDBDatabase): FileStore {
  const files = (mode: IDBTransactionMode): IDBObjectStore =>
    database.transaction(storeName, mode).objectStore(storeName);
  return {
    get: async (sha256) => {
      const kept: unknown = await answerOf(files('readonly').get(sha256));
      return kept instanceof ArrayBuffer ? new Uint8Array(kept) : null;
    },
    put: async (sha256, bytes) => {
      const { byteOffset, byteLength, buffer } = bytes;
      const whole = byteOffset === 0 && byteLength === buffer.byteLength ? buffer : bytes.slice().buffer;
      await answerOf(files('readwrite').put(whole, sha256));
    },
  };
}

/** Keeps nothing, and says `why` when asked to. */
export const forgetful = (why: string): FileStore => ({
  get: () => Promise.resolve(null),
  put: () => Promise.reject(new Error(why)),
});

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(storeName, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(storeName);
  };
  return answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('the browser gave no reason'));
    };
  });
}
