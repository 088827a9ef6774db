import { parentMessage, type ChildMessage } from '@gradpool/protocol';

/**
 * The IPC channel to `gradpool up`, where there is one. A parent that asks for a drain, or that is gone, ends this process
 * in an orderly way; so no coordinator outlives it.
 */
export function openParentChannel(onDrain: () => void) {
  const supervised = process.send !== undefined;
  if (supervised) {
    process.on('message', (message) => {
      const parsed = parentMessage.safeParse(message);
      if (parsed.success) onDrain();
    });
    process.once('disconnect', onDrain);
  }
  return {
    supervised,
    /** Resolves when it is handed over, or cannot be. */
    tell: (message: ChildMessage): Promise<void> =>
      new Promise((resolve) => {
        if (!process.send || !process.connected) return resolve();
        process.send(message, undefined, undefined, () => resolve());
      }),
    /** Lets the process end by itself. */
    close: (): void => {
      process.removeAllListeners('disconnect');
      if (process.connected) process.disconnect();
    },
  };
}

export type ParentChannel = ReturnType<typeof openParentChannel>;
