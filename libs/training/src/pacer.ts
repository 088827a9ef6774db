/** Lets the event loop run: heartbeats and sockets share the thread with training. */
export type YieldToLoop = () => Promise<void>;

/** A macrotask later, wherever timers exist. */
export const yieldByTimer: YieldToLoop = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Returns a function to await after each short piece of work: it yields once `sliceMs` have passed since the last time. */
export function pacer(yieldToLoop: YieldToLoop, sliceMs = 60): () => Promise<boolean> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < sliceMs) return false;
    await yieldToLoop();
    since = performance.now();
    return true;
  };
}
