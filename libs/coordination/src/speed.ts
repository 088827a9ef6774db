import { coordinationLimits as limits } from './limits.ts';
import type { TrialRow } from './rows.ts';
import type { PooledLease, State, TrainLease, Trial, Worker } from './state.ts';
import { epochsOf } from './trial-epochs.ts';

/** Share of a trial that its stored checkpoint holds, 0 to 1. */
export function checkpointFraction(row: TrialRow): number {
  const epochs = epochsOf(row);
  if (row.checkpoint === null || epochs === null) return 0;
  return Math.min(1, row.checkpoint.epoch / epochs);
}

/** Share of a trial at which it ends, or stops to be compared with others. */
export function targetFraction(row: TrialRow): number {
  const epochs = epochsOf(row);
  return row.rungs === null || epochs === null ? 1 : Math.min(1, row.rungs.untilEpoch / epochs);
}

/** Flops that are left to its end or next stop when a trial starts from its checkpoint. */
export function remainingCost(trial: Trial): number {
  return trial.cell.cost * Math.max(0, targetFraction(trial.row) - checkpointFraction(trial.row));
}

/** Flops per second of one slot. */
export function speedOf(worker: Worker): number {
  return worker.row.flopsPerSecond > 0 ? worker.row.flopsPerSecond : limits.flopsPerSecondDefault;
}

/**
 * Takes the progress since the last sample into the worker's moving average. The first sample replaces what the worker
 * said of itself. A sample is at least `speedSampleMs` long, and a later one that is far off is cut, so that a hiccup does
 * not move the schedule much.
 */
export function sampleSpeed(state: State, lease: TrainLease, fraction: number): void {
  const worker = state.workers.get(lease.workerId);
  const trial = state.trials.get(lease.trialId);
  if (worker === undefined || trial === undefined) return;
  if (lease.sampledAt === null) {
    lease.sampledAt = state.now;
    lease.sampledFraction = fraction;
    return;
  }
  const elapsedMs = state.now - lease.sampledAt;
  if (elapsedMs < limits.speedSampleMs || fraction <= lease.sampledFraction) return;
  const measured = ((fraction - lease.sampledFraction) * trial.cell.cost * 1000) / elapsedMs;
  lease.sampledAt = state.now;
  lease.sampledFraction = fraction;
  takeSample(worker, measured);
}

/** The same for a part of a pooled round, of `flops` in all, transfers included: what counts is when the answer is there. */
export function samplePooledSpeed(state: State, lease: PooledLease, flops: number): void {
  const worker = state.workers.get(lease.workerId);
  const elapsedMs = state.now - lease.grantedAt;
  if (worker !== undefined && elapsedMs > 0 && flops > 0) takeSample(worker, (1000 * flops) / elapsedMs);
}

/** A part that was not answered before another worker's copy of it: the worker is no faster than that. */
export function sampleLate(state: State, lease: PooledLease, flops: number): void {
  const worker = state.workers.get(lease.workerId);
  const elapsedMs = state.now - lease.grantedAt;
  if (worker !== undefined && 1000 * flops < elapsedMs * speedOf(worker)) samplePooledSpeed(state, lease, flops);
}

function takeSample(worker: Worker, measured: number): void {
  const known = worker.row.flopsPerSecond;
  const ratio = limits.speedChangeRatioMax;
  const sample = Math.min(known * ratio, Math.max(known / ratio, measured));
  const flopsPerSecond = worker.measured ? known + limits.speedSampleWeight * (sample - known) : measured;
  worker.measured = true;
  worker.row = { ...worker.row, flopsPerSecond };
}

/** Predicted ms until a lease's trial is trained; Infinity for one that stalls from its start. */
export function leaseRemainingMs(state: State, lease: TrainLease): number {
  const worker = state.workers.get(lease.workerId);
  const trial = state.trials.get(lease.trialId);
  if (worker === undefined || trial === undefined) return 0;
  const cost = trial.cell.cost;
  const left = Math.max(0, targetFraction(trial.row) - lease.fraction) * cost;
  const flopsPerMs = speedOf(worker) / 1000;
  const elapsedMs = state.now - lease.grantedAt;
  const done = Math.max(0, lease.fraction - lease.fractionAtStart) * cost;
  const stalls = elapsedMs > limits.stallMs && done * 4 < elapsedMs * flopsPerMs;
  const rate = stalls ? done / elapsedMs : flopsPerMs;
  return left === 0 ? 0 : left / rate;
}

/** Summed and greatest speed of the connected trainers; refreshed at most every second. */
export function poolSpeed(state: State): { readonly flopsPerSecond: number; readonly fastest: number } {
  if (state.now - state.pool.computedAt < 1000) return state.pool;
  let flopsPerSecond = 0;
  let fastest = 0;
  for (const workerId of state.trainers) {
    const worker = state.workers.get(workerId);
    if (worker === undefined) continue;
    const speed = speedOf(worker);
    flopsPerSecond += speed * worker.slots;
    fastest = Math.max(fastest, speed);
  }
  state.pool = { flopsPerSecond, fastest, computedAt: state.now };
  return state.pool;
}
