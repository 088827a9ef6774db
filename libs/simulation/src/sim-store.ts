import type { PersistRow, StoredRows } from '@gradpool/coordination';

type RowOf<Table extends PersistRow['table']> = Extract<PersistRow, { table: Table }>['row'];

/** A store in memory that keeps rows by key, as the real one does. */
export interface SimStore {
  readonly sweep: Map<string, RowOf<'sweep'>>;
  readonly cell: Map<string, RowOf<'cell'>>;
  readonly trial: Map<string, RowOf<'trial'>>;
  readonly attempt: Map<string, RowOf<'attempt'>>;
  readonly worker: Map<string, RowOf<'worker'>>;
  readonly baseline: Map<string, RowOf<'baseline'>>;
  readonly embedding: Map<string, RowOf<'embedding'>>;
  readonly room: Map<string, RowOf<'room'>>;
}

export function createStore(): SimStore {
  return {
    sweep: new Map(),
    cell: new Map(),
    trial: new Map(),
    attempt: new Map(),
    worker: new Map(),
    baseline: new Map(),
    embedding: new Map(),
    room: new Map(),
  };
}

export function commit(store: SimStore, rows: readonly PersistRow[]): void {
  for (const entry of rows) {
    switch (entry.table) {
      case 'sweep':
        store.sweep.set(entry.row.sweepId, entry.row);
        break;
      case 'cell':
        store.cell.set(entry.row.cellId, entry.row);
        break;
      case 'trial':
        store.trial.set(entry.row.trialId, entry.row);
        break;
      case 'attempt':
        store.attempt.set(entry.row.leaseId, entry.row);
        break;
      case 'worker':
        store.worker.set(entry.row.workerId, entry.row);
        break;
      case 'baseline': {
        const { dataset, baseline, latent, noise } = entry.row;
        store.baseline.set(`${dataset} ${baseline} ${latent} ${noise}`, entry.row);
        break;
      }
      case 'embedding':
        store.embedding.set(entry.row.trialId, entry.row);
        break;
      case 'room':
        store.room.set(entry.row.roomId, entry.row);
        break;
      default:
        entry satisfies never;
    }
  }
}

/** What a restart reads. Copied through JSON, as a database would: nothing is shared with the state that wrote it. */
export function load(store: SimStore): StoredRows {
  const rows: StoredRows = {
    sweeps: [...store.sweep.values()],
    cells: [...store.cell.values()],
    trials: [...store.trial.values()],
    attempts: [...store.attempt.values()].filter(({ state }) => state === 'running'),
    workers: [...store.worker.values()],
    baselines: [...store.baseline.values()],
    embeddings: [...store.embedding.values()],
    rooms: [...store.room.values()],
  };
  return JSON.parse(JSON.stringify(rows)) as StoredRows;
}
