import { createAgenda } from './agenda.ts';
import { createLedger } from './ledger.ts';
import { closedUp, receiveUp } from './sim-coordinator.ts';
import { createPooling } from './sim-pool.ts';
import { createStore } from './sim-store.ts';
import { closedDown, receiveDown } from './sim-worker.ts';
import type { World } from './sim-world.ts';

/** An empty world: no worker, nothing stored, the coordinator not yet started. */
export function createWorld(given: Pick<World, 'seed' | 'random' | 'network' | 'commitMsMax'>): World {
  return {
    ...given,
    ends: { receiveUp, receiveDown, closedUp, closedDown },
    agenda: createAgenda(1_000_000),
    store: createStore(),
    coordinator: { state: null, seats: new Map(), batch: [], committing: false, life: 0 },
    ledger: createLedger(),
    workers: [],
    artifacts: new Map(),
    pooling: createPooling(),
    drawn: 0,
    quiet: false,
  };
}
