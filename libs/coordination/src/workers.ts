import { defaultRoomId } from '@gradpool/protocol';
import type { LeaseId, WorkerId } from '@gradpool/protocol';
import { loseLease, renewNamed, returnLease } from './answers.ts';
import type { Context } from './context.ts';
import { sendCredit, tellRoom, updateWorker } from './context.ts';
import type { Event, WorkerArrival } from './events.ts';
import { refreshIdle, unlistIdle } from './idle.ts';
import { revokeLease, shortenLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { pausedLease } from './refusals.ts';
import type { WorkerRow } from './rows.ts';
import type { Lease, State, Worker } from './state.ts';
import { freshStopwatch } from './stopwatch.ts';

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

/** A worker as the store knows it, not connected. */
export function registerWorker(state: State, row: WorkerRow): Worker {
  state.sequence += 1;
  const worker: Worker = {
    row,
    order: state.sequence,
    connected: false,
    slots: 1,
    wants: 0,
    leases: new Set(),
    sending: 0,
    unoccupiedSince: state.now,
    present: freshStopwatch(),
    busy: freshStopwatch(),
    measured: false,
    errorsInRow: 0,
    restUntil: 0,
    idleSpeed: null,
  };
  state.workers.set(row.workerId, worker);
  return worker;
}

/** A hello, the first or one after a lost connection: leases it still holds go on, all others of it go back. */
export function workerArrived(context: Context, arrival: WorkerArrival): void {
  const { state } = context;
  const known = state.workers.get(arrival.workerId);
  if (known !== undefined) {
    unlistIdle(state, known);
    // Re-inserted, so that the map's order is the order of the last arrival.
    state.workers.delete(arrival.workerId);
    state.workers.set(arrival.workerId, known);
  }
  const row = arrivedRow(context, arrival, known?.row ?? null);
  const worker = known ?? registerWorker(state, row);
  state.sequence += 1;
  worker.order = state.sequence;
  worker.connected = true;
  worker.slots = arrival.slots;
  worker.wants = 0;
  worker.unoccupiedSince = context.now;
  updateWorker(context, worker, row);
  if (row.imagesVerified + row.trialsRejected > 0) sendCredit(context, worker);
  if (row.kind === 'train') state.trainers.add(row.workerId);
  else state.trainers.delete(row.workerId);
  state.pool.computedAt = -Infinity;
  if (state.room.state === 'ended') tellRoom(context, row.workerId);
  reconcileLeases(context, worker, arrival);
  refreshIdle(state, worker);
  forgetWorkers(state);
}

function arrivedRow(context: Context, arrival: WorkerArrival, before: WorkerRow | null): WorkerRow {
  const { held: _held, slots: _slots, ...facts } = arrival;
  const same = before?.backend === arrival.backend && before.numericClass === arrival.numericClass;
  return {
    ...facts,
    roomId: defaultRoomId,
    // What was measured on real work is better than a start-up trial on the same backend.
    flopsPerSecond: same && before.flopsPerSecond > 0 ? before.flopsPerSecond : arrival.flopsPerSecond,
    trialsCompleted: before?.trialsCompleted ?? 0,
    trialsRejected: before?.trialsRejected ?? 0,
    epochsVerified: before?.epochsVerified ?? 0,
    imagesVerified: before?.imagesVerified ?? 0,
    firstSeenAt: before?.firstSeenAt ?? context.now,
    lastSeenAt: context.now,
    removedAt: before?.removedAt ?? null,
  };
}

function reconcileLeases(context: Context, worker: Worker, arrival: WorkerArrival): void {
  const kept = new Set<LeaseId>();
  for (const key of arrival.held) {
    const lease = renewNamed(context, arrival.workerId, key, false);
    if (lease === null) continue;
    kept.add(lease.leaseId);
    if (lease.revoking) revokeLease(context, lease, pausedLease, true);
  }
  for (const lease of leasesOf(context.state, worker)) if (!kept.has(lease.leaseId)) loseLease(context, lease);
}

function leasesOf(state: State, worker: Worker): Lease[] {
  return [...worker.leases].map((leaseId) => state.leases.get(leaseId)!);
}

/** The worker away longest goes first; its row stays in the store. */
function forgetWorkers(state: State): void {
  if (state.workers.size <= limits.workersKnownMax) return;
  for (const [workerId, worker] of state.workers) {
    if (worker.connected || worker.leases.size > 0) continue;
    state.workers.delete(workerId);
    return;
  }
}

/** The socket closed: in order, and leases go back at once; or not, and it has a grace period to come back. */
export function workerLeft(context: Context, event: EventOf<'workerLeft'>): void {
  const { state, now } = context;
  const worker = state.workers.get(event.workerId);
  if (!worker?.connected) return;
  worker.connected = false;
  worker.wants = 0;
  state.trainers.delete(event.workerId);
  state.pool.computedAt = -Infinity;
  refreshIdle(state, worker);
  for (const lease of leasesOf(state, worker)) {
    if (event.orderly) returnLease(context, lease);
    // Micro-batches are computed anew sooner than a lost worker is back.
    else if (lease.kind === 'micro') loseLease(context, lease);
    else shortenLease(state, lease, now + limits.graceMs);
  }
  updateWorker(context, worker, { lastSeenAt: now });
}

/** `want` is the number of further leases it takes now; it replaces the last one, and 0 means no more. */
export function workerPulled(context: Context, event: EventOf<'pulled'>): void {
  const worker = seen(context, event.workerId);
  if (!worker?.connected) return;
  worker.wants = event.want;
  refreshIdle(context.state, worker);
}

export function workerBeat(context: Context, event: EventOf<'heartbeat'>): void {
  if (seen(context, event.workerId) === null) return;
  for (const key of event.leases) renewNamed(context, event.workerId, key, true);
}

/** Signs of life stay in memory: nothing is stored or shown for them alone. */
function seen(context: Context, workerId: WorkerId): Worker | null {
  const worker = context.state.workers.get(workerId);
  if (worker === undefined) return null;
  worker.row = { ...worker.row, lastSeenAt: context.now };
  return worker;
}
