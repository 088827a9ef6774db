import type { Clock } from './clock.ts';

/** npm passes a Ctrl-C on that the terminal has sent already: one press arrives twice, a few ms apart. */
const samePressMs = 700;

const stopSignals: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Counts presses: `onFirst` at the first, `onSecond` at the next one that is no echo of it. */
export function pressCounter(
  clock: Pick<Clock, 'now'>,
  { onFirst, onSecond }: { onFirst: () => void; onSecond: () => void },
): () => void {
  let firstAt: number | null = null;
  return () => {
    if (firstAt === null) {
      firstAt = clock.now();
      onFirst();
    } else if (clock.now() - firstAt > samePressMs) onSecond();
  };
}

/**
 * Calls `onSignal` whenever the user or the system asks this process to stop, and when nobody reads what it prints any
 * more. The answer stops listening.
 */
export function listenForStop(onSignal: () => void): () => void {
  let readerGone = false;
  const onPipe = (): void => {
    // Every further line fails as well; that is no second Ctrl-C.
    if (!readerGone) onSignal();
    readerGone = true;
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  process.stdout.on('error', onPipe);
  return () => {
    for (const signal of stopSignals) process.removeListener(signal, onSignal);
    process.stdout.removeListener('error', onPipe);
  };
}
