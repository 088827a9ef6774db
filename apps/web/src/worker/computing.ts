import { EngineFailure, openEngineThreads, threadedEngine, type Engine, type Platform } from '@gradpool/worker';
import type { Backend } from '@gradpool/training';
import { startEngineWorker } from './engine-worker.ts';
import type { Start } from './messages.ts';
import { powerYield } from './pacing.ts';

/** What computes for this worker, and its switches. */
export interface Computing<Dataset> {
  readonly engine: Engine<Dataset>;
  readonly backend: Backend;
  /** Trainings at a time. */
  readonly slots: number;
  readonly yieldToLoop: () => Promise<void>;
  readonly setPower: (share: number) => void;
  readonly close: () => void;
}

export interface Surroundings {
  readonly start: Start;
  readonly clock: Pick<Platform, 'now' | 'setTimer' | 'random'>;
  readonly log: Platform['log'];
}

/** Whether engines get Web Workers of their own: a single one would only cost memory, and some browsers nest none. */
export const computesInThreads = ({ engines }: Start): boolean => engines > 1 && 'Worker' in globalThis;

const wishOf = ({ backend: { candidates, remembered, forced } }: Start) => ({
  candidates,
  softwareGpu: forced,
  ...(remembered ? { remembered } : {}),
});

/** Engines in Web Workers of their own; null where none of them starts, for which the log has the reason. */
export async function openThreads({ start, clock, log }: Surroundings) {
  try {
    const threads = await openEngineThreads({
      engines: start.engines,
      jobsPerEngine: 1,
      startThread: startEngineWorker,
      wish: wishOf(start),
      clock,
      log,
    });
    // A Blob is lent to all of them, and lies outside this worker's memory.
    const engine = threadedEngine(threads, (bytes) => new Blob([bytes as Uint8Array<ArrayBuffer>]));
    return {
      engine,
      backend: threads.backend,
      slots: threads.slots,
      // Nothing is computed here.
      yieldToLoop: () => Promise.resolve(),
      setPower: (share: number) => {
        threads.setPower(share);
      },
      close: () => {
        threads.close();
      },
    };
  } catch (error) {
    if (!(error instanceof EngineFailure) || error.code === 'E_BACKEND_NONE') throw error;
    log('warn', `computing without workers of its own: ${error.message}`);
    return null;
  }
}

/** One engine in this very thread. */
export async function openHere({ start }: Surroundings) {
  const [{ openBrowserBackend }, { trainingEngine }] = await Promise.all([
    import('./browser-backend.ts'),
    import('@gradpool/worker/training-engine'),
  ]);
  let share = start.share;
  return {
    engine: trainingEngine,
    backend: await openBrowserBackend(wishOf(start)),
    slots: 1,
    yieldToLoop: powerYield(() => share),
    setPower: (given: number) => {
      share = given;
    },
    close: () => undefined,
  };
}
