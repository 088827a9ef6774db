import { Worker } from 'node:worker_threads';
import type { EngineThread, EngineThreadHandlers, FromEngine } from '@gradpool/worker';

/** Starts a thread of this process that computes; `entry` is its built program. */
export function startEngineThread(entry: URL, { heard, died }: EngineThreadHandlers): EngineThread {
  const worker = new Worker(entry, { execArgv: [] });
  let failure = { code: 'E_BACKEND', message: 'the thread ended by itself' };
  worker.on('message', (message: FromEngine) => {
    heard(message);
  });
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const full = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    failure = { code: full ? 'E_OUT_OF_MEMORY' : 'E_BACKEND', message: error.message };
  });
  worker.once('exit', () => {
    died(failure);
  });
  return {
    post: (message) => {
      worker.postMessage(message);
    },
    end: () => void worker.terminate(),
  };
}

/** A copy of the bytes that all threads read in place. */
export function shareBytes(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** Room for so many float32 numbers that all threads read in place. */
export const shareNumbers = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length));
