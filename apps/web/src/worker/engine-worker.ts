import type { EngineThread, EngineThreadHandlers, FromEngine } from '@gradpool/worker';

/** Starts a Web Worker that computes. */
export function startEngineWorker({ heard, died }: EngineThreadHandlers): EngineThread {
  const worker = new Worker(new URL('./engine.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<FromEngine>) => {
    heard(data);
  });
  worker.addEventListener('error', (event) => {
    // Nobody above is to hear of it as a fault of its own.
    event.preventDefault();
    const message = event.message === '' ? 'its script did not start' : event.message;
    worker.terminate();
    died({ code: /out of memory/i.test(message) ? 'E_OUT_OF_MEMORY' : 'E_BACKEND', message });
  });
  return {
    post: (message) => {
      worker.postMessage(message);
    },
    end: () => {
      worker.terminate();
    },
  };
}
