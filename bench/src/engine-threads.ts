import { Worker } from 'node:worker_threads';
import { openEngineThreads, threadedEngine, type Engine, type FromEngine, type SharedDataset } from '@gradpool/worker';

/** The engines of a Node worker, as its main thread opens them: `engines` threads on the wasm backend. */
export async function openEngines(engines: number): Promise<Engine<SharedDataset>> {
  const entry = new URL(import.meta.resolve('@gradpool/node-worker/engine-thread'));
  const threads = await openEngineThreads({
    engines,
    jobsPerEngine: 1,
    wish: { candidates: ['wasm'] },
    startThread: ({ heard, died }) => {
      const worker = new Worker(entry, { execArgv: [] });
      worker.on('message', (message: FromEngine) => {
        heard(message);
      });
      worker.once('exit', () => {
        died({ code: 'E_BACKEND', message: 'the thread ended' });
      });
      return {
        post: (message) => {
          worker.postMessage(message);
        },
        end: () => void worker.terminate(),
      };
    },
    clock: {
      now: () => performance.now(),
      random: Math.random,
      setTimer: (ms, callback) => {
        const timer = setTimeout(callback, ms);
        return () => {
          clearTimeout(timer);
        };
      },
    },
    log: (_level, message) => {
      console.error(message);
    },
  });
  if (threads.slots !== engines) throw new Error(`${threads.slots} of ${engines} engines opened`);
  return threadedEngine(threads, (bytes) => {
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    return shared;
  });
}
