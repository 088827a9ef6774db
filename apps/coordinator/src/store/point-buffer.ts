import type { Store, StoredPoint } from './store.ts';

export interface PointBufferOptions {
  /** Points wait at most this long before they are written. */
  readonly flushMs?: number;
  /** Points of one write. */
  readonly batchMax?: number;
  /** Points kept in memory; who adds more waits. */
  readonly pointsMax?: number;
  /** Told once, of the first write that fails; every later call rejects with the same error. */
  readonly onError?: (error: unknown) => void;
}

/** Gathers metric points into large writes. */
export interface PointBuffer {
  /** Resolves when the points are taken in: at once while there is room, else after a write has made some. */
  add(points: readonly StoredPoint[]): Promise<void>;
  /** Resolves when everything added so far is stored. */
  flush(): Promise<void>;
  /** Flushes, and takes no more. */
  close(): Promise<void>;
  /** Points that wait in memory. */
  readonly waiting: number;
}

/** Opens a buffer in front of the store's `appendPoints`: one write at a time, in the order of the calls. */
export function openPointBuffer(store: Pick<Store, 'appendPoints'>, options: PointBufferOptions = {}): PointBuffer {
  const { flushMs = 100, batchMax = 1_000, pointsMax = 50_000, onError } = options;
  let queue: StoredPoint[] = [];
  let timer: NodeJS.Timeout | null = null;
  let draining: Promise<void> | null = null;
  let failure: { readonly error: unknown } | null = null;
  let roomWaiters: (() => void)[] = [];
  let closed = false;

  const drain = async () => {
    while (queue.length > 0 && failure === null) {
      const batch = queue.slice(0, batchMax);
      try {
        await store.appendPoints(batch);
        queue = queue.slice(batch.length);
      } catch (error) {
        failure = { error };
        queue = [];
        onError?.(error);
      }
      const waiters = roomWaiters;
      roomWaiters = [];
      for (const wake of waiters) wake();
    }
    draining = null;
  };
  const start = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    // A drain with nothing to do would end before it is assigned, and be taken for one that is still under way for ever.
    if (draining === null && queue.length > 0) draining = drain();
    return draining ?? Promise.resolve();
  };
  const check = () => {
    if (failure !== null) throw failure.error;
    if (closed) throw new Error('the point buffer is closed');
  };
  const flush = async () => {
    while (queue.length > 0) await start();
    if (failure !== null) throw failure.error;
  };
  return {
    add: async (points) => {
      check();
      // An empty buffer takes any batch, so that one larger than the bound does not wait for ever.
      while (queue.length > 0 && queue.length + points.length > pointsMax) {
        await new Promise<void>((resolve) => {
          roomWaiters.push(resolve);
          void start();
        });
        check();
      }
      for (const point of points) queue.push(point);
      if (queue.length >= batchMax) void start();
      else if (queue.length > 0) timer ??= setTimeout(() => void start(), flushMs);
    },
    flush,
    close: async () => {
      closed = true;
      await flush();
    },
    get waiting() {
      return queue.length;
    },
  };
}
