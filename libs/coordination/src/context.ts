import type { LeaseKey, SweepId, TrialId, WorkerId, Digest } from '@gradpool/protocol';
import type { CoreMessage, Effect, Env, PoolOrder, Reply } from './events.ts';
import type { Refusal } from './refusals.ts';
import type { PersistRow } from './rows.ts';
import type { HalvedGroup, State, Worker } from './state.ts';

/** One step at work: the state, its arguments, and what has been decided so far. */
export interface Context {
  readonly state: State;
  readonly now: number;
  readonly newId: () => string;
  /** By table and key: only the last state of a row is worth storing. */
  readonly rows: Map<string, PersistRow>;
  readonly messages: Effect[];
  readonly changed: Map<string, Effect>;
  /** Sweeps that may have become complete. */
  readonly touched: Set<SweepId>;
  /** Groups of cells in which a rung may have to be judged. */
  readonly judged: Set<HalvedGroup>;
}

export function openContext(state: State, env: Env): Context {
  return {
    state,
    now: env.now,
    newId: env.newId,
    rows: new Map(),
    messages: [],
    changed: new Map(),
    touched: new Set(),
    judged: new Set(),
  };
}

const tableOrder = { sweep: 0, cell: 1, worker: 2, trial: 3, attempt: 4, baseline: 5, embedding: 6, room: 7 } as const;

/** All effects in the order the shell must carry them out: rows (parents first), then messages, then what changed. */
export function closeContext(context: Context): Effect[] {
  const said = [...context.messages, ...context.changed.values()];
  if (context.rows.size === 0) return said;
  const byTable: Effect[][] = [[], [], [], [], [], [], [], []];
  for (const row of context.rows.values()) byTable[tableOrder[row.table]]?.push({ type: 'persist', ...row });
  return [...byTable.flat(), ...said];
}

function rowKey(entry: PersistRow): string {
  switch (entry.table) {
    case 'sweep':
      return `sweep ${entry.row.sweepId}`;
    case 'cell':
      return `cell ${entry.row.cellId}`;
    case 'trial':
      return `trial ${entry.row.trialId}`;
    case 'attempt':
      return `attempt ${entry.row.leaseId}`;
    case 'worker':
      return `worker ${entry.row.workerId}`;
    case 'baseline': {
      const { dataset, baseline, latent, noise } = entry.row;
      return `baseline ${dataset} ${baseline} ${latent} ${noise}`;
    }
    case 'embedding':
      return `embedding ${entry.row.trialId}`;
    case 'room':
      return `room ${entry.row.roomId}`;
    default:
      return entry satisfies never;
  }
}

export function persist(context: Context, entry: PersistRow): void {
  context.rows.set(rowKey(entry), entry);
}

export function sweepChanged(context: Context, id: SweepId): void {
  context.changed.set(`sweep ${id}`, { type: 'changed', entity: 'sweep', id });
}

export function trialChanged(context: Context, id: TrialId): void {
  context.changed.set(`trial ${id}`, { type: 'changed', entity: 'trial', id });
}

export function workerChanged(context: Context, id: WorkerId): void {
  context.changed.set(`worker ${id}`, { type: 'changed', entity: 'worker', id });
}

export function baselinesChanged(context: Context, id: Digest): void {
  context.changed.set(`baselines ${id}`, { type: 'changed', entity: 'baselines', id });
}

export function send(context: Context, workerId: WorkerId, message: CoreMessage): void {
  context.messages.push({ type: 'send', workerId, message });
}

const notices = {
  ended: 'the lesson is over: this device keeps its place, and goes on when the room opens again',
  open: 'the room is open again',
} as const;

/** Says in plain words whether the lesson goes on; the sweeps' own revocations take the work back. */
export function tellRoom(context: Context, workerId: WorkerId): void {
  const { state } = context.state.room;
  send(context, workerId, { type: 'room', state, message: notices[state] });
}

/** [W7] Tells a connected worker what has been verified of its work. */
export function sendCredit(context: Context, { row, connected }: Worker): void {
  if (!connected) return;
  const { workerId, trialsCompleted, trialsRejected, epochsVerified, imagesVerified } = row;
  send(context, workerId, { type: 'credited', trialsCompleted, trialsRejected, epochsVerified, imagesVerified });
}

export function order(context: Context, toShell: PoolOrder): void {
  context.messages.push({ type: 'pool', order: toShell });
}

export function reply(context: Context, requestId: string, answer: Reply): void {
  context.messages.push({ type: 'reply', requestId, reply: answer });
}

export function settle(context: Context, workerId: WorkerId, lease: LeaseKey, refused: Refusal | null): void {
  const key = { leaseId: lease.leaseId, fence: lease.fence };
  send(context, workerId, {
    type: 'settled',
    lease: key,
    accepted: refused === null,
    code: refused?.code ?? null,
    message: refused?.message ?? null,
  });
}

export function revoke(
  context: Context,
  workerId: WorkerId,
  lease: LeaseKey,
  why: Refusal & { readonly checkpointFirst?: boolean },
): void {
  const key = { leaseId: lease.leaseId, fence: lease.fence };
  const { code, message, checkpointFirst = false } = why;
  send(context, workerId, { type: 'revoke', lease: key, code, message, checkpointFirst });
}

/** Replaces a worker's row and stores it. Signs of life alone are not worth a write. */
export function updateWorker(context: Context, worker: Worker, patch: Partial<Worker['row']>): void {
  worker.row = { ...worker.row, ...patch };
  persist(context, { table: 'worker', row: worker.row });
  workerChanged(context, worker.row.workerId);
}
