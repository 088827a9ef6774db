import type { Context } from './context.ts';
import { laneGapMs, laneWaits } from './lane-leases.ts';
import { revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { microGapMs, microWaits } from './micro-leases.ts';
import { type PooledRun, runOf } from './pooled-run.ts';
import { chooseSoloTrial } from './queue.ts';
import { yieldedLease } from './refusals.ts';
import { speedOf } from './speed.ts';
import type { State, TrainLease, Trial, Worker } from './state.ts';
import { must } from './state.ts';
import { grantTraining } from './training.ts';
import { trialOf } from './trials.ts';

/** Gives a worker that no open run needs for a while a trial of a sweep; false where it had better wait, or none is there. */
export function giveGapWork(context: Context, worker: Worker): boolean {
  const { state } = context;
  if (state.openSweeps.every(({ soloWaiting }) => soloWaiting === 0)) return false;
  for (const trialId of state.pools) if (!isSpared(state, trialOf(state, trialId), worker)) return false;
  const trial = chooseSoloTrial(state, worker);
  if (trial === null) return false;
  grantTraining(context, worker, trial, 'gap');
  return true;
}

/** Whether the run will have nothing for the worker for so long that a trial is worth beginning. */
function isSpared(state: State, trial: Trial, worker: Worker): boolean {
  const run = runOf(trial);
  if (run.start === null) return false;
  // Even where others will have done sooner what waits: they may be gone first.
  if (run.phase === 'open' && run.waiting.length > 0) return false;
  if (run.start.local === null && slotsBefore(state, worker, 1) >= run.start.microBatches) return true;
  if (run.phase !== 'open') return false;
  const gapMs = run.start.local ? laneGapMs(state, run) : microGapMs(state, trial, worker);
  return gapMs >= limits.gapMsMin;
}

/** A run has work again: whoever trains a trial in a gap and is needed stores a checkpoint and comes. */
export function recallGapWork(context: Context): void {
  const { state } = context;
  if (state.gapLeases.size === 0) return;
  for (const trialId of state.pools) {
    const trial = trialOf(state, trialId);
    const run = runOf(trial);
    if (run.phase !== 'open') continue;
    for (const leaseId of state.gapLeases) {
      const lease = state.leases.get(leaseId) as TrainLease;
      if (!lease.revoking && isNeeded(state, trial, run, lease)) recall(context, lease);
    }
  }
}

function isNeeded(state: State, trial: Trial, run: PooledRun, { workerId }: TrainLease): boolean {
  const worker = must(state.workers.get(workerId), `worker ${workerId}`);
  if (!worker.connected) return false;
  if (run.start?.local) return laneWaits(state, run, worker);
  const crowded = slotsBefore(state, worker, limits.gapSwapRatio) >= (run.start?.microBatches ?? 0);
  return !crowded && microWaits(state, trial, worker);
}

function recall(context: Context, lease: TrainLease): void {
  lease.revoking = true;
  lease.deadlineMax = context.now + limits.pauseGraceMs;
  revokeLease(context, lease, yieldedLease, true);
}

/**
 * Slots that take micro-batches of a round before this worker's: those of the others that are there for rounds and faster, or slower by
 * no more than `ratio`, and its own that are at it. So a worker that is not needed by one round is not needed by the next either, and two of like speed
 * do not change places all the time.
 */
function slotsBefore(state: State, worker: Worker, ratio: number): number {
  let slots = pooledSlots(state, worker, 'busy');
  for (const workerId of state.trainers) {
    const other = must(state.workers.get(workerId), `worker ${workerId}`);
    if (other === worker || other.restUntil > state.now) continue;
    const [speed, own] = [speedOf(other) * ratio, speedOf(worker)];
    if (speed > own || (speed === own && other.order < worker.order)) slots += pooledSlots(state, other, 'all');
  }
  return slots;
}

/** Slots of a worker that compute rounds now, or do so as soon as there is one. */
function pooledSlots(state: State, worker: Worker, which: 'busy' | 'all'): number {
  let [solo, pooled] = [0, 0];
  for (const leaseId of worker.leases) {
    if (state.leases.get(leaseId)?.kind === 'train') solo += 1;
    else pooled += 1;
  }
  return which === 'busy' ? pooled : Math.max(0, worker.slots - solo);
}
