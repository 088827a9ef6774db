import type { Platform } from './platform.ts';

/** Watches that the bytes of one request flow. */
export interface Flow {
  /** Aborted by the caller, or when nothing has flowed for too long. */
  readonly signal: AbortSignal;
  /** Something came or went. */
  readonly flowed: () => void;
  /** The request is over. */
  readonly end: () => void;
}

/** The timer of Node and of browsers, as a platform gives it. */
export const realTimer: Platform['setTimer'] = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => {
    clearTimeout(timer);
  };
};

/** A request may take as long as it needs, but not stand still for `idleMs`. */
export function watchFlow(signal: AbortSignal, idleMs: number, setTimer = realTimer): Flow {
  const idle = new AbortController();
  const arm = (): (() => void) =>
    setTimer(idleMs, () => {
      idle.abort(new Error(`no byte has come or gone for ${idleMs / 1000} s`));
    });
  let cancel = arm();
  let over = false;
  return {
    signal: AbortSignal.any([signal, idle.signal]),
    flowed: () => {
      // A body that was given up may still be asked for more.
      if (over) return;
      cancel();
      cancel = arm();
    },
    end: () => {
      over = true;
      cancel();
    },
  };
}

/** A body that tells whenever some of it is asked for. */
export function flowingBody(bytes: Uint8Array, chunkBytes: number, { flowed }: Flow): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      flowed();
      const chunk = bytes.slice(offset, offset + chunkBytes);
      offset += chunk.length;
      controller.enqueue(chunk);
      if (offset >= bytes.length) controller.close();
    },
  });
}

/** All bytes of an answer. Rejects where they break off or stand still. */
export async function flowingBytes(response: Response, { flowed, signal }: Flow): Promise<Uint8Array> {
  if (!response.body) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    signal.throwIfAborted();
    flowed();
    if (done) break;
    parts.push(value);
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let filled = 0;
  for (const part of parts) {
    bytes.set(part, filled);
    filled += part.length;
  }
  return bytes;
}
