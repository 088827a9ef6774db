import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { serveEngine, type ToEngine } from '@gradpool/worker';
import { trainingEngine } from '@gradpool/worker/training-engine';
import { openNodeBackend } from './node-backend.ts';

/** The program of one thread: computes what the main thread asks for. It sees no socket and no file. */
const hear = serveEngine({
  engine: trainingEngine,
  openBackend: openNodeBackend,
  yieldToLoop: () => nextTurn(),
  tell: (message, handedOver) => {
    parentPort?.postMessage(message, handedOver);
  },
});
parentPort?.on('message', (message: ToEngine) => {
  hear(message);
});
