import simdUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import plainUrl from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import { openBackend, type BackendName } from '@gradpool/training';
import { coordinatorHttp, sha256Of, type Platform } from '@gradpool/worker';
import { openSocket } from './browser-socket.ts';
import { browserDigest, dataFiles } from './data-files.ts';
import { openFileStore } from './file-store.ts';
import type { FromWorker, Start } from './messages.ts';
import { messageTurns, pacedYield } from './pacing.ts';
import { prefetch } from './prefetch.ts';

const wasmPaths = { 'tfjs-backend-wasm.wasm': plainUrl, 'tfjs-backend-wasm-simd.wasm': simdUrl };

export interface PlatformOptions {
  readonly start: Start;
  /** Share of the device's time, 0 to 1, at this moment. */
  readonly share: () => number;
  readonly tell: (message: FromWorker) => void;
}

/** A worker's surroundings in a browser: WebSocket, fetch, the browser's storage, tfjs backends. */
export function browserPlatform({ start, share, tell }: PlatformOptions): Platform {
  const http = coordinatorHttp(start);
  const now = (): number => performance.now();
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const log: Platform['log'] = (level, message) => {
    tell({ type: 'log', level, message });
  };
  const files = dataFiles({
    store: openFileStore(),
    fetchFile: http.dataFile,
    digestOf: browserDigest,
    onFetching: (bytes) => {
      tell({ type: 'fetching', bytes });
    },
    onNotKept: (message) => {
      tell({ type: 'notKept', message });
    },
    warn: (message) => {
      log('warn', message);
    },
  });
  return {
    now,
    setTimer: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => {
        clearTimeout(timer);
      };
    },
    random: Math.random,
    yieldToLoop: pacedYield({ now, sleep, turn: messageTurns(), share }),
    connect: (handlers) => openSocket(start, handlers),
    loadIdentity: () => Promise.resolve(start.identity),
    saveIdentity: (identity) => {
      tell({ type: 'identity', identity });
      return Promise.resolve();
    },
    getArtifact: http.artifact,
    sha256: sha256Of,
    putArtifact: http.storeArtifact,
    datasetManifest: http.manifest,
    dataFile: files.read,
    openBackend: async () => {
      const startedAt = now();
      const never = new AbortController().signal;
      void prefetch({
        sweeps: () => http.sweeps(never),
        manifest: (digest) => http.manifest(digest, never),
        ahead: files.ahead,
      });
      const { candidates, remembered, forced } = start.backend;
      const options = { candidates, wasmPaths, softwareGpu: forced };
      const backend = await openBackend(remembered ? { ...options, remembered } : options);
      const { report, imagesPerSecond, flopsPerSecond } = backend;
      const name = backend.name as BackendName;
      tell({ type: 'backend', backend: { name, imagesPerSecond, flopsPerSecond }, report, ms: now() - startedAt });
      return backend;
    },
    log,
  };
}
