import { serveEngine, type FromEngine, type ToEngine } from '@gradpool/worker';
import { trainingEngine } from '@gradpool/worker/training-engine';
import { openBrowserBackend } from './browser-backend.ts';
import { powerYield } from './pacing.ts';

/** Of DedicatedWorkerGlobalScope, which the page's DOM types leave out. */
interface Scope {
  postMessage(message: FromEngine, handedOver: readonly ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToEngine>) => void): void;
}
const scope = globalThis as unknown as Scope;

/** A Web Worker of the Web Worker: computes what that one asks for. It sees no socket and no storage. */
let share = 1;
const hear = serveEngine({
  engine: trainingEngine,
  openBackend: openBrowserBackend,
  yieldToLoop: powerYield(() => share),
  tell: (message, handedOver) => {
    scope.postMessage(message, handedOver);
  },
  onPower: (given) => {
    share = given;
  },
});
scope.addEventListener('message', ({ data }) => {
  hear(data);
});
