import { openMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';

/** A memory store whose commits the test can hold back or make fail. */
export function heldStore() {
  const store = openMemoryStore();
  let gate: Promise<void> = Promise.resolve();
  let open = (): void => undefined;
  let failure: Error | null = null;
  let begun = 0;
  const held: Store = {
    ...store,
    commit: async (rows) => {
      begun += 1;
      await gate;
      if (failure) throw failure;
      await store.commit(rows);
    },
  };
  return {
    store: held,
    /** Commits begun so far. */
    get begun() {
      return begun;
    },
    hold: (): void => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    letGo: (): void => open(),
    failWith: (error: Error): void => {
      failure = error;
    },
  };
}
