import { Interrupted } from './training-error.ts';

/** Lets the event loop run: heartbeats and sockets share the thread with training. */
export type YieldToLoop = () => Promise<void>;

/** A macrotask later, wherever timers exist. */
export const yieldByTimer: YieldToLoop = () => new Promise((resolve) => setTimeout(resolve, 0));

/** To await after each short piece of work. True where it yielded; rejects with Interrupted once there is an abort. */
export type Pause = () => Promise<boolean>;

/** A pause that yields once `sliceMs` have passed since the last time. */
export function pacer(yieldToLoop: YieldToLoop, signal?: AbortSignal, sliceMs = 60): Pause {
  let since = performance.now();
  return async () => {
    const due = performance.now() - since >= sliceMs;
    if (due) await yieldToLoop();
    if (signal?.aborted) throw new Interrupted(null);
    if (due) since = performance.now();
    return due;
  };
}
