import type { PersistRow, StoredRows, TrialRow } from '@gradpool/coordination';
import type { Digest, SweepId, TrialId, WorkerId } from '@gradpool/protocol';
import { Fault } from '../fault.ts';
import { aggregateOf, countedValue } from './aggregates.ts';
import { coalesceRows, rowKey } from './coalesced-rows.ts';
import type { CoalescedRows } from './coalesced-rows.ts';
import { leaderboardOf, type StoredLeaderboard } from './leaderboard.ts';
import { mayGoOn } from './retention.ts';
import type { Store, StoredArtifact, StoredPictures, StoredPoint } from './store.ts';

type Tables = { readonly [Table in PersistRow['table']]: Map<string, Extract<PersistRow, { table: Table }>['row']> } & {
  /** The trial of each (sweep, cell, seed). */
  readonly place: Map<string, TrialId>;
};

/** Keeps everything in this process: for tests, and the plainest statement of what a store does. */
export function openMemoryStore(): Store {
  const tables: Tables = {
    sweep: new Map(),
    cell: new Map(),
    trial: new Map(),
    attempt: new Map(),
    worker: new Map(),
    baseline: new Map(),
    embedding: new Map(),
    room: new Map(),
    place: new Map(),
  };
  const points = new Map<TrialId, Map<string, StoredPoint>>();
  const pictures = new Map<string, StoredPictures>();
  const artifacts = new Map<Digest, StoredArtifact>();
  const secrets = new Map<WorkerId, string>();
  let open = true;

  const whileOpen = async <Value>(work: () => Value): Promise<Value> => {
    await Promise.resolve();
    if (!open) throw new Fault('E_STORE_CLOSED', 'the store is closed');
    return work();
  };
  return {
    load: () => whileOpen(() => loadRows(tables)),
    commit: (rows) =>
      whileOpen(() => {
        commitRows(tables, rows);
      }),
    appendPoints: (added) =>
      whileOpen(() => {
        addPoints(points, added);
      }),
    points: (trialId) => whileOpen(() => [...(points.get(trialId)?.values() ?? [])].sort(byAttemptEpochName)),
    attempts: (trialId) =>
      whileOpen(() =>
        [...tables.attempt.values()].filter((row) => row.trialId === trialId).sort((a, b) => a.number - b.number),
      ),
    leaderboard: (sweepId) => whileOpen(() => rankCells(tables, sweepId)),
    putPictures: (added) =>
      whileOpen(() => {
        if (!tables.trial.has(added.trialId)) {
          throw new Fault('E_STORE_WRITE', `the store did not take a write: unknown trial ${added.trialId}`);
        }
        pictures.set(`${added.trialId} ${added.epoch}`, { ...added });
      }),
    pictures: (trialId) =>
      whileOpen(() =>
        [...pictures.values()].filter((row) => row.trialId === trialId).sort((a, b) => a.epoch - b.epoch),
      ),
    pictureDigests: () => whileOpen(() => [...new Set([...pictures.values()].map(({ sha256 }) => sha256))]),
    putArtifact: (artifact) =>
      whileOpen(() => {
        putArtifact(artifacts, artifact);
      }),
    expiredArtifacts: (before, max) => whileOpen(() => expired(tables, artifacts, before).slice(0, max)),
    forgetArtifacts: (digests) =>
      whileOpen(() => {
        for (const digest of digests) artifacts.delete(digest);
      }),
    workerSecretHash: (workerId) => whileOpen(() => secrets.get(workerId) ?? null),
    putWorkerSecretHash: (workerId, hash) =>
      whileOpen(() => {
        secrets.set(workerId, hash);
      }),
    ping: () => whileOpen(() => undefined),
    close: async () => {
      await Promise.resolve();
      open = false;
    },
  };
}

function loadRows(tables: Tables): StoredRows {
  return {
    sweeps: [...tables.sweep.values()],
    cells: [...tables.cell.values()],
    trials: [...tables.trial.values()],
    attempts: [...tables.attempt.values()].filter((row) => row.state === 'running'),
    workers: [...tables.worker.values()],
    baselines: [...tables.baseline.values()],
    embeddings: [...tables.embedding.values()],
    rooms: [...tables.room.values()],
  };
}

function commitRows(tables: Tables, rows: readonly PersistRow[]): void {
  refuseBrokenRows(tables, coalesceRows(rows));
  for (const persist of rows) {
    (tables[persist.table] as Map<string, PersistRow['row']>).set(rowKey(persist), structuredClone(persist.row));
    if (persist.table === 'trial') tables.place.set(seedPlace(persist.row), persist.row.trialId);
  }
}

function seedPlace({ sweepId, cellId, seed }: TrialRow): string {
  return `${sweepId} ${cellId} ${seed}`;
}

/** The constraints that the database has, so that a test on this store meets them too. Checked before any change. */
function refuseBrokenRows(tables: Tables, rows: CoalescedRows): void {
  const sweeps = new Set<string>(rows.sweep.map((row) => row.sweepId));
  const cells = new Set<string>(rows.cell.map((row) => row.cellId));
  const trials = new Set<string>(rows.trial.map((row) => row.trialId));
  const known = (table: ReadonlyMap<string, unknown>, added: ReadonlySet<string>, id: string, what: string) => {
    if (!table.has(id) && !added.has(id))
      throw new Fault('E_STORE_WRITE', `the store did not take a write: unknown ${what} ${id}`);
  };
  for (const row of rows.cell) known(tables.sweep, sweeps, row.sweepId, 'sweep');
  for (const row of rows.trial) {
    known(tables.sweep, sweeps, row.sweepId, 'sweep');
    known(tables.cell, cells, row.cellId, 'cell');
  }
  for (const row of rows.attempt) known(tables.trial, trials, row.trialId, 'trial');
  for (const row of rows.embedding) known(tables.trial, trials, row.trialId, 'trial');
  const places = new Map<string, string>();
  for (const row of rows.trial) {
    const place = seedPlace(row);
    const other = tables.place.get(place) ?? places.get(place);
    if (other !== undefined && other !== row.trialId) {
      throw new Fault(
        'E_STORE_WRITE',
        `the store did not take a write: trials ${other} and ${row.trialId} have one seed`,
      );
    }
    places.set(place, row.trialId);
  }
}

function addPoints(points: Map<TrialId, Map<string, StoredPoint>>, added: readonly StoredPoint[]): void {
  for (const point of added) {
    const ofTrial = points.get(point.trialId) ?? new Map<string, StoredPoint>();
    points.set(point.trialId, ofTrial);
    const key = `${point.attempt} ${point.epoch} ${point.name}`;
    if (!ofTrial.has(key)) ofTrial.set(key, { ...point });
  }
}

function byAttemptEpochName(a: StoredPoint, b: StoredPoint): number {
  if (a.attempt !== b.attempt) return a.attempt - b.attempt;
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function rankCells(tables: Tables, sweepId: SweepId): StoredLeaderboard | null {
  const sweep = tables.sweep.get(sweepId);
  if (sweep === undefined) return null;
  const values = new Map<string, number[]>();
  for (const row of tables.trial.values()) {
    const value = countedValue(row);
    if (value !== null) values.set(row.cellId, [...(values.get(row.cellId) ?? []), value]);
  }
  const cells = [...tables.cell.values()].filter((cell) => cell.sweepId === sweepId);
  return leaderboardOf(
    sweep,
    cells.map((cell) => ({ cell, aggregate: aggregateOf(values.get(cell.cellId) ?? []) })),
    [...tables.baseline.values()].filter((row) => row.dataset === sweep.dataset),
  );
}

function putArtifact(artifacts: Map<Digest, StoredArtifact>, artifact: StoredArtifact): void {
  const known = artifacts.get(artifact.sha256);
  const kind = known?.kind === 'weights' ? 'weights' : artifact.kind;
  artifacts.set(artifact.sha256, { ...artifact, kind, createdAt: Math.max(artifact.createdAt, known?.createdAt ?? 0) });
}

function expired(tables: Tables, artifacts: ReadonlyMap<Digest, StoredArtifact>, before: number): StoredArtifact[] {
  const wanted = new Set<Digest>();
  for (const { weights, details, checkpoint, state } of tables.trial.values()) {
    if (weights) wanted.add(weights.sha256);
    if (details) wanted.add(details.sha256);
    if (checkpoint && mayGoOn.has(state)) wanted.add(checkpoint.artifact.sha256);
  }
  for (const { map } of tables.embedding.values()) wanted.add(map.sha256);
  return [...artifacts.values()]
    .filter((artifact) => artifact.createdAt < before && !wanted.has(artifact.sha256))
    .sort((a, b) => a.createdAt - b.createdAt || (a.sha256 < b.sha256 ? -1 : 1));
}
