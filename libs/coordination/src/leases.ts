import type { LeaseId, LeaseKey, Work, WorkerId } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { revoke, send, workerChanged } from './context.ts';
import { refreshIdle } from './idle.ts';
import { coordinationLimits as limits } from './limits.ts';
import type { LeaseEnd, Refusal } from './refusals.ts';
import { foreignLease, leaseEnds, staleLease, unknownLease } from './refusals.ts';
import type { Lease, State, Worker } from './state.ts';
import { must } from './state.ts';
import { pushTimer } from './timers.ts';

/** The fields every fresh lease starts with. */
export function freshLease(context: Context) {
  return {
    leaseId: context.newId() as LeaseId,
    grantedAt: context.now,
    deadline: context.now + limits.leaseMs,
    deadlineMax: Infinity,
    timerAt: Infinity,
    revoking: false,
    epoch: 0,
    epochs: 0,
    fraction: 0,
    movedAt: context.now,
    loss: null,
    imagesPerSecond: 0,
  };
}

/** Gives a fresh lease to a worker that asked for one, and tells it what to do. */
export function grantLease(context: Context, worker: Worker, lease: Lease, work: Work): void {
  worker.wants -= 1;
  addLease(context.state, lease);
  workerChanged(context, lease.workerId);
  const { leaseId, fence } = lease;
  send(context, lease.workerId, { type: 'lease', lease: { leaseId, fence }, leaseMs: limits.leaseMs, work });
}

/** Registers a lease with its worker and starts its deadline. */
export function addLease(state: State, lease: Lease): void {
  const worker = must(state.workers.get(lease.workerId), `worker ${lease.workerId}`);
  state.leases.set(lease.leaseId, lease);
  worker.leases.add(lease.leaseId);
  if (lease.kind === 'train') {
    state.liveTraining += 1;
    if (lease.gap) state.gapLeases.add(lease.leaseId);
    must(state.trials.get(lease.trialId), `trial ${lease.trialId}`).leases.add(lease.leaseId);
  }
  armLease(state, lease);
  refreshIdle(state, worker);
}

/** Ends a lease; `end` answers whoever names it later. */
export function dropLease(context: Context, lease: Lease, end: LeaseEnd): void {
  const { state } = context;
  state.leases.delete(lease.leaseId);
  rememberEnded(state, lease.leaseId, end);
  if (lease.kind === 'train') {
    state.liveTraining -= 1;
    state.gapLeases.delete(lease.leaseId);
    must(state.trials.get(lease.trialId), `trial ${lease.trialId}`).leases.delete(lease.leaseId);
  }
  const worker = state.workers.get(lease.workerId);
  if (worker === undefined) return;
  worker.leases.delete(lease.leaseId);
  if (lease.kind === 'micro' && lease.sending) worker.sending -= 1;
  refreshIdle(state, worker);
  workerChanged(context, lease.workerId);
}

/** Two generations: the older is forgotten whole when the younger is full. */
function rememberEnded(state: State, leaseId: LeaseId, end: LeaseEnd): void {
  if (state.ended.young.size >= limits.endedLeasesMax / 2) state.ended = { young: new Map(), old: state.ended.young };
  state.ended.young.set(leaseId, end);
}

export function leaseEnd(state: State, leaseId: LeaseId): LeaseEnd | null {
  return state.ended.young.get(leaseId) ?? state.ended.old.get(leaseId) ?? null;
}

/** A sign of life: it only ever lengthens a lease, so the timer is left alone and re-arms itself when it goes off. */
export function renewLease(lease: Lease, now: number): void {
  lease.deadline = Math.min(lease.deadlineMax, Math.max(lease.deadline, now + limits.leaseMs));
}

/** Brings a deadline forward. */
export function shortenLease(state: State, lease: Lease, deadline: number): void {
  if (deadline >= lease.deadline) return;
  lease.deadline = deadline;
  armLease(state, lease);
}

/** Sets the one timer that counts for a lease; an earlier set one is ignored when it goes off. */
export function armLease(state: State, lease: Lease): void {
  lease.timerAt = lease.deadline;
  state.sequence += 1;
  pushTimer(state.timers, { at: lease.deadline, sequence: state.sequence, kind: 'lease', id: lease.leaseId });
}

/** The live lease that a worker names, or why there is none. */
export function findLease(state: State, workerId: WorkerId, key: LeaseKey): Lease | Refusal {
  const lease = state.leases.get(key.leaseId);
  if (lease === undefined) {
    const end = leaseEnd(state, key.leaseId);
    return end === null ? unknownLease : leaseEnds[end];
  }
  if (lease.workerId !== workerId) return foreignLease;
  return lease.fence === key.fence ? lease : staleLease;
}

export function isRefusal(found: Lease | Refusal): found is Refusal {
  return 'code' in found;
}

/** Tells a connected worker to stop; one that is away learns it when it names the lease again. */
export function revokeLease(context: Context, lease: Lease, why: Refusal, checkpointFirst = false): void {
  const worker = context.state.workers.get(lease.workerId);
  if (worker?.connected === true) revoke(context, lease.workerId, lease, { ...why, checkpointFirst });
}
