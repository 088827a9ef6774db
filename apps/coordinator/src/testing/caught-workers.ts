import * as threads from 'node:worker_threads';
import { jest } from '@jest/globals';

/** Threads that were started since `catchWorkers`, oldest first: for tests that kill them. */
export const caughtWorkers: threads.Worker[] = [];

/** From here on modules that are imported anew start threads that can be got hold of. */
export function catchWorkers(): void {
  class Caught extends threads.Worker {
    constructor(...given: ConstructorParameters<typeof threads.Worker>) {
      super(...given);
      caughtWorkers.push(this);
    }
  }
  jest.unstable_mockModule('node:worker_threads', () => ({ ...threads, Worker: Caught }));
}
