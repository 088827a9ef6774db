import { Interrupted } from './training-error.ts';

/** Lets the event loop run: heartbeats and sockets share the thread with training. */
export type YieldToLoop = () => Promise<void>;

/** A macrotask later, wherever timers exist. */
export const yieldByTimer: YieldToLoop = () => new Promise((resolve) => setTimeout(resolve, 0));

/** To await after each short piece of work. True where it yielded; rejects with Interrupted where that brought an abort. */
export type Pause = () => Promise<boolean>;

/** A pause that yields once `sliceMs` have passed since the last time. */
export function pacer(yieldToLoop: YieldToLoop, signal?: AbortSignal, sliceMs = 60): Pause {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < sliceMs) return false;
    await yieldToLoop();
    if (signal?.aborted) throw new Interrupted(null);
    since = performance.now();
    return true;
  };
}
