import type { Clock } from '../supervision/clock.ts';

/** A clock that stands still until it is moved. */
export interface MovedClock extends Clock {
  /** Lets `ms` pass and calls whoever was due. */
  move(ms: number): void;
  /** Calls that are still to come. */
  waiting(): number;
}

export function movedClock(): MovedClock {
  let nowMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  return {
    now: () => nowMs,
    after: (ms, callback) => {
      const timer = { atMs: nowMs + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    move: (ms) => {
      nowMs += ms;
      const due = timers.filter(({ atMs }) => atMs <= nowMs);
      timers = timers.filter(({ atMs }) => atMs > nowMs);
      for (const { callback } of due) callback();
    },
    waiting: () => timers.length,
  };
}
