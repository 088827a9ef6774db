import type { Segment } from '@gradpool/protocol';
import { collapseOf, divergenceOf } from './collapse.ts';
import type { Context } from './context.ts';
import { order, sweepChanged } from './context.ts';
import { countError, noteError } from './errors.ts';
import type { Event } from './events.ts';
import { averageLanes, beginLanes, giveLane, laneLost } from './lane-leases.ts';
import { dropLease, revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { giveMicroBatches, microLost } from './micro-leases.ts';
import { beginRound, leasesOfRun, newRun, runOf } from './pooled-run.ts';
import { leaseEnds, pausedLease, type LeaseEnd, type Refusal } from './refusals.ts';
import { epochsOf } from './trial-epochs.ts';
import type { PooledLease, State, Trial, Worker } from './state.ts';
import { settleUntrained, sweepOfTrial, trialOf, updateTrial } from './trials.ts';
import { dropValidation, letGo, wantLastValidation, wantValidation } from './validations.ts';
import { queueVerification } from './verification.ts';

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

/** A waiting pooled trial begins: the shell makes its parameters ready, from its checkpoint where it has one. */
export function openRun(context: Context, trial: Trial): void {
  const { state, now } = context;
  sweepOfTrial(state, trial).served += trial.remaining + 1;
  reopenRun(context, trial);
  const { startedAt } = trial.row;
  updateTrial(context, trial, { state: 'running', attempts: trial.row.attempts + 1, startedAt: startedAt ?? now });
}

/** After a restart: a run that the store holds as running goes on from its checkpoint. */
export function reopenRun(context: Context, trial: Trial): void {
  const { state, now } = context;
  state.sequence += 1;
  trial.pool = newRun(state.sequence, now);
  state.pools.add(trial.row.trialId);
  orderOpen(context, trial, trial.pool.run);
}

function orderOpen(context: Context, trial: Trial, run: number): void {
  const { trialId, spec, checkpoint } = trial.row;
  const { dataset } = sweepOfTrial(context.state, trial).row;
  order(context, { kind: 'open', trialId, run, spec, dataset, checkpoint: checkpoint?.artifact ?? null });
}

/** Gives an idle worker a part of some open round; false where there is none for it. */
export function givePooledWork(context: Context, worker: Worker): boolean {
  for (const trialId of context.state.pools) {
    const trial = trialOf(context.state, trialId);
    const { phase, start } = runOf(trial);
    if (phase !== 'open' || sweepOfTrial(context.state, trial).row.state !== 'running') continue;
    const given = start?.local ? giveLane(context, worker, trial) : giveMicroBatches(context, worker, trial);
    if (given) return true;
  }
  return false;
}

/** The worker is gone, or handed the lease back. */
export function pooledLost(context: Context, lease: PooledLease, end: LeaseEnd): void {
  if (lease.kind === 'micro') microLost(context, lease, end);
  else laneLost(context, lease, end);
}

/** One bad worker must not fail a trial that others train well; a round that nobody can compute must end. */
export function pooledErred(context: Context, lease: PooledLease, error: Refusal): void {
  pooledLost(context, lease, 'settled');
  const trial = trialOf(context.state, lease.trialId);
  const run = runOf(trial);
  run.errors += 1;
  run.refused += 1;
  const diverged = divergenceOf(context.state, run, lease.workerId, error);
  const fails = diverged === null && run.errors >= limits.roundErrorsMax;
  countError(context, trial, { workerId: lease.workerId, ...error, restart: fails, trial: fails });
  if (diverged !== null) return failRun(context, trial, diverged);
  if (!fails) return;
  endRun(context, trial, leaseEnds.released);
  settleUntrained(context, trial);
}

/** Time has passed: rounds of local mode do not wait for ever for the slowest. */
export function averageLate(context: Context): void {
  for (const trialId of context.state.pools) averageLanes(context, trialOf(context.state, trialId));
}

/** The shell is ready for a round: the first of a run, or the next one. */
export function roundReady(context: Context, event: EventOf<'roundReady'>): void {
  const trial = runAwaiting(context, event);
  const run = trial?.pool;
  const { trialId, start, checkpoint, weights } = event;
  const toValidate = event.toValidate && { ...event.toValidate, held: true };
  if (!trial || !run) return letGo(context, trialId, toValidate);
  const collapsed = collapseOf(run);
  if (collapsed !== null) {
    letGo(context, trialId, toValidate);
    return failRun(context, trial, collapsed);
  }
  if (checkpoint !== null) keepCheckpoint(context, trial, checkpoint, start.epoch);
  if (weights !== null) return finishRun(context, trial, { weights, images: start.images });
  if (toValidate !== null) wantValidation(context, trialId, toValidate);
  run.bytes = event.bytes;
  beginRound(run, start, context.now);
  if (start.local) beginLanes(context, trial);
  sweepChanged(context, trial.row.sweepId);
}

function keepCheckpoint(
  context: Context,
  trial: Trial,
  artifact: NonNullable<EventOf<'roundReady'>['checkpoint']>,
  epoch: number,
): void {
  const segments = segmentsOf(trial);
  const numericClass = segments[0]?.numericClass ?? 'none';
  updateTrial(context, trial, { checkpoint: { epoch, artifact, numericClass }, segments });
}

/** Everyone who contributed, over the whole run: who did which round is not kept. */
function segmentsOf(trial: Trial): Segment[] {
  const toEpoch = epochsOf(trial.row) ?? 0;
  const known = new Map(trial.row.segments.map((segment) => [`${segment.worker} ${segment.numericClass}`, segment]));
  for (const [worker, { numericClass }] of runOf(trial).contributors) {
    known.set(`${worker} ${numericClass}`, { worker, fromEpoch: 0, toEpoch, numericClass });
  }
  return [...known.values()].slice(-limits.segmentsMax);
}

function finishRun(context: Context, trial: Trial, trained: Pick<Trial['row'], 'weights' | 'images'>): void {
  const run = runOf(trial);
  updateTrial(context, trial, {
    state: 'verifying',
    checkpoint: null,
    ...trained,
    segments: segmentsOf(trial),
    durationMs: context.now - run.openedAt,
  });
  // In local mode some lane may still be at work for an earlier round.
  dropLeases(context, trial, 'late', leaseEnds.late);
  closeRun(context, trial, false);
  queueVerification(context.state, trial);
  wantLastValidation(context, trial);
}

/** [M9] The shell could not go on: its data is not there, or the parameters are not finite any more; or what held them broke down. */
export function runFailed(context: Context, event: EventOf<'runFailed'>): void {
  const trial = runAwaiting(context, event);
  if (trial === null) return;
  if (!event.again) return failRun(context, trial, event);
  const { code, message } = event;
  noteError(context, trial, { workerId: null, code, message, restart: false });
  endRun(context, trial, leaseEnds.released);
  settleUntrained(context, trial);
}

/** For good: from scratch it would go the same way. */
function failRun(context: Context, trial: Trial, { code, message }: Refusal): void {
  endRun(context, trial, leaseEnds.released);
  updateTrial(context, trial, {
    ...{ state: 'failed', errors: trial.row.errors + 1, errorCode: code },
    ...{ errorMessage: message.slice(0, limits.textCharsMax), finishedAt: context.now },
  });
}

/** A pause: workers stop, the trial waits again, and the shell says a little later from which checkpoint it can go on. */
export function pauseRun(context: Context, trial: Trial): void {
  updateTrial(context, trial, { segments: segmentsOf(trial) });
  dropLeases(context, trial, 'released', pausedLease);
  dropValidation(context, trial.row.trialId, pausedLease);
  closeRun(context, trial, true);
  settleUntrained(context, trial);
}

/** In exact mode every checkpoint of a trial leads to the same bits, so one that comes late does no harm. */
export function runClosed(context: Context, event: EventOf<'runClosed'>): void {
  const trial = context.state.trials.get(event.trialId);
  if (trial === undefined || (trial.row.state !== 'waiting' && trial.row.state !== 'running')) return;
  const { epoch, checkpoint: artifact } = event;
  if (epoch < (trial.row.checkpoint?.epoch ?? 0)) return;
  const numericClass = trial.row.segments[0]?.numericClass ?? 'none';
  updateTrial(context, trial, { checkpoint: { epoch, artifact, numericClass } });
}

/** Ends a run at once, with nothing kept; what becomes of the trial is the caller's. */
export function endRun(context: Context, trial: Trial, why: Refusal): void {
  dropLeases(context, trial, 'cancelled', why);
  dropValidation(context, trial.row.trialId, why);
  closeRun(context, trial, false);
}

function closeRun(context: Context, trial: Trial, keep: boolean): void {
  order(context, { kind: 'close', trialId: trial.row.trialId, run: runOf(trial).run, keep });
  forgetRun(context.state, trial);
}

function forgetRun(state: State, trial: Trial): void {
  trial.pool = null;
  state.pools.delete(trial.row.trialId);
}

function dropLeases(context: Context, trial: Trial, end: LeaseEnd, why: Refusal): void {
  for (const leaseId of leasesOfRun(runOf(trial))) {
    const lease = context.state.leases.get(leaseId);
    if (lease?.kind !== 'micro' && lease?.kind !== 'lane') continue;
    dropLease(context, lease, end);
    revokeLease(context, lease, why);
  }
}

/** The trial whose live run an answer of the shell is for; null for one that has ended meanwhile. */
function runAwaiting(context: Context, event: { readonly trialId: Trial['row']['trialId']; readonly run: number }) {
  const trial = context.state.trials.get(event.trialId);
  return trial?.pool?.run === event.run ? trial : null;
}
