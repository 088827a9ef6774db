import { coordinatorHttp, realTimer, sha256Of, type Platform } from '@gradpool/worker';
import { openSocket } from './browser-socket.ts';
import { browserDigest, dataFiles } from './data-files.ts';
import { openFileStore } from './file-store.ts';
import type { FromWorker, Start } from './messages.ts';
import { prefetch } from './prefetch.ts';

export interface PlatformOptions {
  readonly start: Start;
  readonly tell: (message: FromWorker) => void;
}

/** Time and chance in a browser. */
export const browserClock: Pick<Platform, 'now' | 'setTimer' | 'random'> = {
  now: () => performance.now(),
  setTimer: realTimer,
  random: Math.random,
};

/** What a worker has around it in a browser, before it is known what computes. */
export interface BrowserSite {
  readonly platform: Omit<Platform, 'openBackend' | 'yieldToLoop'>;
  /** Begins to fetch what the running sweeps will ask for. */
  readonly fetchAhead: () => void;
}

/** A worker's surroundings in a browser: WebSocket, fetch, the browser's storage. */
export function browserSite({ start, tell }: PlatformOptions): BrowserSite {
  const http = coordinatorHttp(start);
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
  const platform: BrowserSite['platform'] = {
    ...browserClock,
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
    log,
  };
  const fetchAhead = (): void => {
    const never = new AbortController().signal;
    void prefetch({
      sweeps: () => http.sweeps(never),
      manifest: (digest) => http.manifest(digest, never),
      ahead: files.ahead,
    });
  };
  return { platform, fetchAhead };
}
