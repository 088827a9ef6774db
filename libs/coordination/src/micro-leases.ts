import type { Outcome } from '@gradpool/protocol';
import { noteLosses } from './collapse.ts';
import type { Context } from './context.ts';
import { order, settle } from './context.ts';
import { dropLease, freshLease, grantLease, revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import {
  giveBack,
  isCounted,
  type LeasedSlice,
  noteContribution,
  noteLate,
  type PooledRun,
  runOf,
  type Slice,
  takeSlice,
} from './pooled-run.ts';
import { leaseEnds, refusalCodes, type LeaseEnd } from './refusals.ts';
import { isLate, microCost, notePassedOver, noteServed, shareOf } from './micro-share.ts';
import { refreshIdle } from './idle.ts';
import { sampleLate, samplePooledSpeed, speedOf } from './speed.ts';
import { epochsOf } from './trial-epochs.ts';
import type { MicroLease, State, Trial, Worker } from './state.ts';
import { must } from './state.ts';
import { sweepOfTrial, trialOf } from './trials.ts';

type MicroOutcome = Extract<Outcome, { kind: 'micro' }>;

/** Gives an idle worker a part of the trial's open round, or a copy of what a slow one has; false where there is neither. */
export function giveMicroBatches(context: Context, worker: Worker, trial: Trial): boolean {
  const run = runOf(trial);
  const share = shareOf(context.state, trial, worker);
  const slice = share === 0 ? null : takeSlice(run, share);
  if (slice !== null) {
    noteServed(run, worker);
    grantSlice(context, { worker, trial, slice: leasedSlice(run, slice, context.now), copy: false });
    return true;
  }
  const slow = slowSlice(context.state, trial, worker);
  if (slow === null) return false;
  grantSlice(context, { worker, trial, slice: slow, copy: true });
  return true;
}

function leasedSlice(run: PooledRun, { from, to }: Slice, now: number): LeasedSlice {
  const leased: LeasedSlice = { from, to, leases: [], grantedAt: now, update: null };
  run.leased.push(leased);
  return leased;
}

/** The slice longest in the hands of one other worker that is late with it. */
function slowSlice(state: State, trial: Trial, worker: Worker): LeasedSlice | null {
  const { leased } = runOf(trial);
  const [oldest] = leased;
  // Slices lie in the order of their leasing: mostly one look is enough, for every idle worker at every event.
  if (!oldest || state.now - oldest.grantedAt <= limits.microCopyMsMin) return null;
  const late = leased.filter(
    (slice) => slice.update === null && slice.leases.length === 1 && isLate(state, trial, slice, worker),
  );
  return late.reduce<LeasedSlice | null>(
    (oldestLate, slice) => (oldestLate && oldestLate.grantedAt <= slice.grantedAt ? oldestLate : slice),
    null,
  );
}

/** Whether the open round has something for a worker that does not ask. */
export function microWaits(state: State, trial: Trial, worker: Worker): boolean {
  return shareOf(state, trial, worker) > 0 || slowSlice(state, trial, worker) !== null;
}

/** Predicted ms until the open round, with no slice left to give out, has a copy for the worker or is over. */
export function microGapMs(state: State, trial: Trial, worker: Worker): number {
  const cost = microCost(trial);
  let [over, copy] = [state.now, Infinity];
  for (const { from, to, update, leases, grantedAt } of runOf(trial).leased) {
    if (update !== null) continue;
    const holder = state.workers.get(state.leases.get(leases[0]!)?.workerId ?? worker.row.workerId) ?? worker;
    const flops = (to - from) * cost;
    over = Math.max(over, grantedAt + (1000 * flops) / speedOf(holder));
    copy = Math.min(
      copy,
      grantedAt + Math.max(limits.microCopyMsMin, (limits.microCopyRatio * 1000 * flops) / speedOf(worker)),
    );
  }
  return Math.min(over, copy) - state.now;
}

interface Grant {
  readonly worker: Worker;
  readonly trial: Trial;
  readonly slice: LeasedSlice;
  readonly copy: boolean;
}

function grantSlice(context: Context, { worker, trial, slice, copy }: Grant): void {
  const { state } = context;
  const { trialId, sweepId, spec } = trial.row;
  const run = runOf(trial);
  const { round, rounds, epoch, parameters } = must(run.start, `round of trial ${trialId}`);
  const { from, to } = slice;
  state.sequence += 1;
  const lease: MicroLease = {
    ...freshLease(context),
    ...{ kind: 'micro', fence: state.sequence, workerId: worker.row.workerId, sweepId, trialId },
    ...{ run: run.run, round, from, to, copy, epoch, epochs: epochsOf(trial.row) ?? 0 },
    ...{ fraction: round / rounds, loss: run.loss },
    imagesPerSecond: run.contributors.get(worker.row.workerId)?.imagesPerSecond ?? 0,
    deadlineMax: context.now + limits.microLeaseMsMax,
    sending: false,
  };
  slice.leases.push(lease.leaseId);
  const { dataset } = sweepOfTrial(state, trial).row;
  grantLease(context, worker, lease, {
    ...{ kind: 'micro', sweepId, trialId, spec, dataset },
    ...{ round, from, to, parameters, copy },
  });
}

/** A slice counts once: the first answer does, and another lease of it ends. */
export function microResulted(context: Context, lease: MicroLease, outcome: MicroOutcome): void {
  const { state } = context;
  const trial = trialOf(state, lease.trialId);
  const { workerId, leaseId, round, from, to } = lease;
  if (outcome.round !== round) {
    const message = `the lease is of round ${round}, the answer of round ${outcome.round}; send the right one`;
    return settle(context, workerId, lease, { code: refusalCodes.outcomeKind, message });
  }
  const run = runOf(trial);
  const worker = must(state.workers.get(workerId), `worker ${workerId}`);
  samplePooledSpeed(state, lease, microCost(trial) * (to - from));
  dropLease(context, lease, 'settled');
  const slice = must(
    run.leased.find(({ leases }) => leases.includes(leaseId)),
    `slice of lease ${leaseId}`,
  );
  const { loss, images, durationMs } = outcome;
  slice.update = { workerId, leaseId, from, to, loss, images };
  noteContribution(run, lease, {
    ...{ numericClass: worker.row.numericClass, images, parts: to - from, durationMs, now: state.now },
  });
  worker.errorsInRow = 0;
  for (const other of slice.leases) if (other !== leaseId) supersede(context, other);
  settle(context, workerId, lease, null);
  if (isCounted(run)) reduce(context, trial);
}

/** Says how far a lease is; a computed one takes no slot any more while its sum is on the way. No more of them than slots. */
export function microProgressed({ state }: Context, lease: MicroLease, fraction: number): void {
  const worker = must(state.workers.get(lease.workerId), `worker ${lease.workerId}`);
  if (fraction < 1 || lease.sending || worker.sending >= worker.slots) return;
  lease.sending = true;
  worker.sending += 1;
  refreshIdle(state, worker);
}

function supersede(context: Context, leaseId: MicroLease['leaseId']): void {
  const lease = context.state.leases.get(leaseId);
  if (lease?.kind !== 'micro') return;
  const { state, now } = context;
  const trial = trialOf(state, lease.trialId);
  const parts = lease.to - lease.from;
  sampleLate(state, lease, microCost(trial) * parts);
  noteLate(runOf(trial), lease, { parts, now });
  dropLease(context, lease, 'superseded');
  revokeLease(context, lease, leaseEnds.superseded);
}

function reduce(context: Context, trial: Trial): void {
  const run = runOf(trial);
  run.phase = 'reducing';
  notePassedOver(context.state, run);
  const { round } = must(run.start, 'the round of a run');
  const updates = run.leased.map(({ update }) => must(update, 'the update of a counted slice'));
  noteLosses(run, updates);
  order(context, { kind: 'reduce', trialId: trial.row.trialId, run: run.run, round, updates });
}

/** The worker is gone, or handed the lease back. */
export function microLost(context: Context, lease: MicroLease, end: LeaseEnd): void {
  dropLease(context, lease, end);
  const { pool } = trialOf(context.state, lease.trialId);
  if (pool?.run === lease.run) giveBack(pool, lease.leaseId);
}
