import type { Fault } from '../fault.ts';
import { storeFault } from '../loop/store-fault.ts';
import type { Store, StoredPoint } from '../store/store.ts';

/** Metric points wait this long for company. */
const flushMs = 200;

/** Gathers metric points and writes them in batches, one at a time. A failed write is fatal, as every other is. */
export class PointBuffer {
  private readonly store: Pick<Store, 'appendPoints'>;
  private readonly onFatal: (fault: Fault) => void;
  private waiting: StoredPoint[] = [];
  private writing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;

  constructor(store: Pick<Store, 'appendPoints'>, onFatal: (fault: Fault) => void) {
    this.store = store;
    this.onFatal = onFatal;
  }

  add(points: readonly StoredPoint[]): void {
    this.waiting.push(...points);
    this.timer ??= setTimeout(() => void this.flush(), flushMs);
  }

  flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const points = this.waiting;
    this.waiting = [];
    if (points.length > 0) {
      this.writing = this.writing
        .then(() => this.store.appendPoints(points))
        .catch((error: unknown) => this.onFatal(storeFault(error)));
    }
    return this.writing;
  }
}
