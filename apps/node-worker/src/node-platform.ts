import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openBackend } from '@gradpool/training';
import { coordinatorHttp, type Platform } from '@gradpool/worker';
import type { Arguments } from './arguments.ts';

import { readDataFile } from './dataset-cache.ts';
import { identityPath, loadIdentity, saveIdentity } from './identity-file.ts';
import { openSocket } from './node-socket.ts';
import { loadTfjsNode } from './tensorflow-native.ts';

/** A worker's surroundings in Node: ws, fetch, a folder for data sets and identities, and a tfjs backend. */
export function nodePlatform(args: Arguments, log: Platform['log']): Platform {
  const http = coordinatorHttp(args);
  const identity = identityPath(args);
  const cache = {
    folder: path.join(args.dataDir, 'cache', 'datasets'),
    fetchFile: http.dataFile,
    warn: (message: string) => {
      log('warn', message);
    },
  };
  return {
    now: () => performance.now(),
    setTimer: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => {
        clearTimeout(timer);
      };
    },
    random: Math.random,
    yieldToLoop: () => nextTurn(),
    connect: (handlers) => openSocket(args, handlers),
    loadIdentity: () => loadIdentity(identity),
    saveIdentity: (kept) => saveIdentity(identity, kept),
    getArtifact: http.artifact,
    putArtifact: http.storeArtifact,
    datasetManifest: http.manifest,
    dataFile: (sha256, _bytes, signal) => readDataFile(cache, sha256, signal),
    openBackend: async () => {
      const backend = await openBackend({ candidates: args.backends, loadTfjsNode });
      // The plain JavaScript backend is many times slower: whoever ends up there should read why.
      const level = backend.name === 'cpu' ? 'warn' : 'debug';
      for (const line of backend.report) log(level, `backend ${line}`);
      log('info', `backend ${backend.name}, ${Math.round(backend.imagesPerSecond)} images/s (${backend.numericClass})`);
      return backend;
    },
    log,
  };
}
