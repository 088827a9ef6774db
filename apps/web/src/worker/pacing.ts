/** A device is never put to rest for longer than this at a time, however slow a step was. */
const restMsMax = 2_000;

/** Rest after `busyMs` of work, so that work takes `share` (above 0, at most 1) of the time. */
export function restMs(busyMs: number, share: number): number {
  return Math.min(restMsMax, Math.max(0, busyMs * (1 / share - 1)));
}

export interface Pacing {
  /** ms on a clock that never runs backward. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Lets other tasks run, without the delay that a timer has. */
  readonly turn: () => Promise<void>;
  readonly share: () => number;
}

/** A `yieldToLoop` that rests as long as the present share asks for. */
export function pacedYield({ now, sleep, turn, share }: Pacing): () => Promise<void> {
  let workedSince = now();
  return async () => {
    const rest = restMs(now() - workedSince, share());
    await (rest >= 1 ? sleep(rest) : turn());
    workedSince = now();
  };
}

/** A macrotask by message: timers of 0 ms are held back to 4 ms each once they nest. */
function messageTurns(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => {
    waiting.shift()?.();
  };
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
}

/** `pacedYield` on this thread's own clock. */
export const powerYield = (share: () => number): (() => Promise<void>) =>
  pacedYield({
    now: () => performance.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    turn: messageTurns(),
    share,
  });
