/** Adds up the time during which something was so. */
export interface Stopwatch {
  /** Up to the last stop. */
  totalMs: number;
  /** Null while it stands still. */
  runningSince: number | null;
}

export const freshStopwatch = (): Stopwatch => ({ totalMs: 0, runningSince: null });

/** Starts or stops it; harmless where it does so already. */
export function setRunning(watch: Stopwatch, running: boolean, now: number): void {
  if (running) watch.runningSince ??= now;
  else {
    watch.totalMs = readMs(watch, now);
    watch.runningSince = null;
  }
}

export const readMs = ({ totalMs, runningSince }: Stopwatch, now: number): number =>
  Math.round(totalMs + (runningSince === null ? 0 : Math.max(0, now - runningSince)));
