import { parentMessage } from '@gradpool/protocol';

/** Ways in which this process is asked to stop. `again`: the user insists and does not want to wait. */
export interface StopHandlers {
  readonly drain: () => void;
  readonly again: () => void;
}

/**
 * Under a parent (IPC) a drain message or the end of the channel asks to drain, and SIGINT is left to the parent, which
 * gets it from the same Ctrl-C. SIGTERM and SIGHUP do as well, alone SIGINT too, and the second one means at once.
 */
export function onStopAsked(handlers: StopHandlers): void {
  const supervised = process.send !== undefined;
  let asked = false;
  const ask = (): void => {
    if (asked) handlers.again();
    else handlers.drain();
    asked = true;
  };
  process.on('SIGTERM', ask);
  // The terminal was closed.
  process.on('SIGHUP', ask);
  process.on('SIGINT', supervised ? () => undefined : ask);
  if (!supervised) return;
  process.on('disconnect', () => {
    handlers.drain();
  });
  process.on('message', (raw) => {
    if (parentMessage.safeParse(raw).data?.type === 'drain') handlers.drain();
  });
}
