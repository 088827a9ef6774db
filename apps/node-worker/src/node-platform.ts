import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { coordinatorHttp, realTimer, sha256Of, type Platform } from '@gradpool/worker';
import type { Arguments } from './arguments.ts';
import { readDataFile } from './dataset-cache.ts';
import { identityPath, loadIdentity, saveIdentity } from './identity-file.ts';
import { openSocket } from './node-socket.ts';

/** Time and chance in Node. */
export const nodeClock: Pick<Platform, 'now' | 'setTimer' | 'random'> = {
  now: () => performance.now(),
  setTimer: realTimer,
  random: Math.random,
};

/** A worker's surroundings in Node: ws, fetch, a folder for data sets and identities; `openBackend` is the caller's. */
export function nodePlatform(args: Arguments, { log, openBackend }: Pick<Platform, 'log' | 'openBackend'>): Platform {
  const http = coordinatorHttp({ ...args, streamsUploads: true });
  const identity = identityPath(args);
  const cache = {
    folder: path.join(args.dataDir, 'cache', 'datasets'),
    fetchFile: http.dataFile,
    warn: (message: string) => {
      log('warn', message);
    },
  };
  return {
    ...nodeClock,
    yieldToLoop: () => nextTurn(),
    connect: (handlers) => openSocket(args, handlers),
    loadIdentity: () => loadIdentity(identity),
    saveIdentity: (kept) => saveIdentity(identity, kept),
    getArtifact: http.artifact,
    sha256: sha256Of,
    putArtifact: http.storeArtifact,
    datasetManifest: http.manifest,
    dataFile: (sha256, _bytes, signal) => readDataFile(cache, sha256, signal),
    openBackend,
    log,
  };
}
