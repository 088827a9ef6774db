/** Milliseconds since 1970 on a clock that never runs backward. */
export type Clock = () => number;

/**
 * Starts from the wall clock (or `notBefore`, the newest time that the store knows, where that is later) and goes on by the
 * process's monotonic timer, so that neither a corrected wall clock nor a restart can move a deadline into the past.
 */
export function startClock(notBefore = 0, wall: Clock = Date.now, elapsed: Clock = () => performance.now()): Clock {
  const base = Math.max(wall(), notBefore) - elapsed();
  let last = 0;
  return () => {
    last = Math.max(last, Math.round(base + elapsed()));
    return last;
  };
}
