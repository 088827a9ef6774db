import type { BaselineTask, Digest, Outcome } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { baselinesChanged, persist, settle, sweepChanged } from './context.ts';
import { dropLease, freshLease, grantLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import type { LeaseEnd } from './refusals.ts';
import type { BaselineLease, OpenBaseline, State, Sweep, Worker } from './state.ts';
import { must } from './state.ts';
import { pushTimer } from './timers.ts';

type BaselineOutcome = Extract<Outcome, { kind: 'baseline' }>;

export function baselineKey(dataset: Digest, task: BaselineTask): string {
  return `${dataset} ${task.baseline} ${task.latent} ${task.noise}`;
}

/** Notes which baselines a sweep's table lacks; those in the store already are not computed again. */
export function openBaselines(state: State, sweep: Sweep): void {
  const { dataset, datasetName, sweepId, baselines } = sweep.row;
  for (const task of baselines) {
    const key = baselineKey(dataset, task);
    if (state.baselines.has(key)) continue;
    sweep.baselinesMissing.add(key);
    const open = state.openBaselines.get(key);
    if (open !== undefined) {
      open.sweeps.add(sweepId);
      continue;
    }
    const sweeps = new Set([sweepId]);
    state.openBaselines.set(key, { key, dataset, datasetName, task, sweeps, leaseId: null, errors: 0 });
    state.baselineQueue.add(key);
  }
}

/** A cancelled sweep needs no baselines any more. A lease that computes them may finish: the values are worth keeping. */
export function closeBaselines(state: State, sweep: Sweep): void {
  for (const key of sweep.baselinesMissing) {
    const open = state.openBaselines.get(key);
    if (open === undefined) continue;
    open.sweeps.delete(sweep.row.sweepId);
    if (open.sweeps.size > 0) continue;
    state.openBaselines.delete(key);
    state.baselineQueue.delete(key);
  }
  sweep.baselinesMissing.clear();
}

/** Baselines to compute together: one data set, one noise factor. One that erred before goes alone. */
export function chooseBaselines(state: State): readonly OpenBaseline[] {
  const chosen: OpenBaseline[] = [];
  for (const key of state.baselineQueue) {
    const open = must(state.openBaselines.get(key), `baseline ${key}`);
    if (servedSweep(state, open) === undefined) continue;
    const [first] = chosen;
    if (first === undefined) {
      chosen.push(open);
      if (open.errors > 0) break;
    } else if (open.errors === 0 && open.dataset === first.dataset && open.task.noise === first.task.noise) {
      chosen.push(open);
    }
    if (chosen.length === limits.baselineTasksPerLeaseMax) break;
  }
  return chosen;
}

function servedSweep(state: State, open: OpenBaseline): Sweep | undefined {
  for (const sweepId of open.sweeps) {
    const sweep = state.sweeps.get(sweepId);
    if (sweep?.row.state === 'running') return sweep;
  }
  return undefined;
}

export function grantBaselines(context: Context, worker: Worker, chosen: readonly OpenBaseline[]): void {
  const { state } = context;
  const first = must(chosen[0], 'a baseline to grant');
  const { dataset, datasetName } = first;
  const { sweepId } = must(servedSweep(state, first), 'the sweep of a baseline').row;
  state.sequence += 1;
  const lease: BaselineLease = {
    ...freshLease(context),
    deadlineMax: context.now + limits.evaluationMsMax,
    kind: 'baseline',
    fence: state.sequence,
    workerId: worker.row.workerId,
    sweepId,
    trialId: null,
    dataset,
    keys: chosen.map((open) => open.key),
  };
  for (const open of chosen) {
    open.leaseId = lease.leaseId;
    state.baselineQueue.delete(open.key);
  }
  const tasks = chosen.map((open) => open.task);
  grantLease(context, worker, lease, { kind: 'baseline', sweepId, dataset, datasetName, tasks });
}

/** Stores the values that were asked for; what the answer leaves out counts as an error of that baseline. */
export function baselinesResulted(context: Context, lease: BaselineLease, outcome: BaselineOutcome): void {
  const { state, now } = context;
  dropLease(context, lease, 'settled');
  const asked = new Set(lease.keys);
  for (const { baseline, latent, noise, testMse } of outcome.values) {
    const key = baselineKey(lease.dataset, { baseline, latent, noise });
    if (!asked.delete(key) || state.baselines.has(key)) continue;
    const row = { dataset: lease.dataset, baseline, latent, noise, testMse, workerId: lease.workerId, computedAt: now };
    state.baselines.set(key, row);
    persist(context, { table: 'baseline', row });
    removeBaseline(context, key);
  }
  for (const key of asked) retryBaseline(context, lease, key);
  baselinesChanged(context, lease.dataset);
  settle(context, lease.workerId, lease, null);
}

export function baselinesErred(context: Context, lease: BaselineLease): void {
  dropLease(context, lease, 'settled');
  for (const key of lease.keys) retryBaseline(context, lease, key);
}

export function baselinesLost(context: Context, lease: BaselineLease, end: LeaseEnd): void {
  dropLease(context, lease, end);
  for (const key of lease.keys) {
    const open = context.state.openBaselines.get(key);
    if (open?.leaseId !== lease.leaseId) continue;
    open.leaseId = null;
    context.state.baselineQueue.add(key);
  }
}

function retryBaseline(context: Context, lease: BaselineLease, key: string): void {
  const { state, now } = context;
  const open = state.openBaselines.get(key);
  if (open?.leaseId !== lease.leaseId) return;
  open.leaseId = null;
  open.errors += 1;
  if (open.errors >= limits.baselineErrorsMax) {
    // Given up, so that the sweep can end: its table shows a gap, and a restart tries again.
    removeBaseline(context, key);
    return;
  }
  state.sequence += 1;
  const at = now + limits.evaluationRetryMs * 2 ** (open.errors - 1);
  pushTimer(state.timers, { at, sequence: state.sequence, kind: 'baseline', id: key });
}

function removeBaseline(context: Context, key: string): void {
  const { state } = context;
  const open = state.openBaselines.get(key);
  if (open === undefined) return;
  state.openBaselines.delete(key);
  state.baselineQueue.delete(key);
  for (const sweepId of open.sweeps) {
    state.sweeps.get(sweepId)?.baselinesMissing.delete(key);
    context.touched.add(sweepId);
    sweepChanged(context, sweepId);
  }
}
