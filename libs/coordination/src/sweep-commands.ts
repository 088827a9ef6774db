import type { TrialState } from '@gradpool/protocol';
import { closeBaselines, openBaselines } from './baselines.ts';
import type { Context } from './context.ts';
import { reply } from './context.ts';
import type { Event } from './events.ts';
import { revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { compareWaiting } from './queue.ts';
import { endRun, pauseRun } from './pooled.ts';
import type { Refusal } from './refusals.ts';
import { leaseEnds, pausedLease, refusalCodes } from './refusals.ts';
import type { State, Sweep, TrainLease, Trial } from './state.ts';
import { must } from './state.ts';
import { unknownSweep } from './sweep-plan.ts';
import { updateSweep } from './sweeps.ts';
import { endTraining } from './training.ts';
import { noResult, storeAttempt, trialOf, updateTrial } from './trials.ts';
import { dropValidation } from './validations.ts';
import { endVerification } from './verification.ts';

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

export function commandSweep(context: Context, event: EventOf<'sweepCommanded'>): void {
  const { requestId, sweepId, command } = event;
  const sweep = context.state.sweeps.get(sweepId);
  const refused = sweep === undefined ? unknownSweep(sweepId) : commandRefusal(sweep, command);
  if (sweep === undefined || refused !== null) {
    reply(context, requestId, { ok: false, ...must(refused, 'the refusal') });
    return;
  }
  if (command === 'pause' && sweep.row.state === 'running') pauseSweep(context, sweep);
  if (command === 'resume' && sweep.row.state !== 'running') resumeSweep(context, sweep);
  if (command === 'cancel' && sweep.row.state !== 'cancelled') cancelSweep(context, sweep);
  reply(context, requestId, { ok: true, sweepId, created: false, trialsAdded: 0 });
}

/** A complete sweep takes no command, and a cancelled one only `resume` (and `cancel` again, which does nothing). */
function commandRefusal(sweep: Sweep, command: EventOf<'sweepCommanded'>['command']): Refusal | null {
  const { state } = sweep.row;
  if (state === 'running' || state === 'paused' || (state === 'cancelled' && command !== 'pause')) return null;
  return { code: refusalCodes.sweepEnded, message: `the sweep is ${state}; there is nothing to ${command}` };
}

/** No new leases; running ones are asked for a checkpoint and handed back. What is trained is still verified. */
export function pauseSweep(context: Context, sweep: Sweep): void {
  updateSweep(context, sweep, { state: 'paused' });
  for (const trial of pooledTrials(context.state, sweep)) pauseRun(context, trial);
  for (const lease of trainingLeases(context.state, sweep)) {
    lease.revoking = true;
    lease.deadlineMax = context.now + limits.pauseGraceMs;
    revokeLease(context, lease, pausedLease, true);
  }
}

export function resumeSweep(context: Context, sweep: Sweep): void {
  const wasCancelled = sweep.row.state === 'cancelled';
  updateSweep(context, sweep, { state: 'running', finishedAt: null });
  if (!wasCancelled) return;
  const cancelled = sweep.trialIds.map((trialId) => trialOf(context.state, trialId));
  // In the queue's own order, so that each one is appended.
  for (const trial of cancelled.filter(({ row }) => row.state === 'cancelled').sort(compareWaiting)) {
    updateTrial(context, trial, { state: 'waiting', finishedAt: null });
  }
  openBaselines(context.state, sweep);
}

/** Ends every trial that is not final, at once; workers are told to stop. */
function cancelSweep(context: Context, sweep: Sweep): void {
  const { state, now } = context;
  updateSweep(context, sweep, { state: 'cancelled', finishedAt: now });
  closeBaselines(state, sweep);
  const error = leaseEnds.cancelled;
  for (const trial of pooledTrials(state, sweep)) endRun(context, trial, error);
  for (const lease of trainingLeases(state, sweep)) {
    endTraining(context, lease, { state: 'released', end: 'cancelled', error });
    revokeLease(context, lease, error);
  }
  // Best first, which stands last in its queue, so that each one is popped.
  const waiting = [...sweep.erred, ...sweep.fresh].reverse();
  const others = sweep.trialIds.map((trialId) => trialOf(state, trialId)).filter(({ queued }) => queued === null);
  for (const trial of [...waiting, ...others]) {
    if (finalStates.has(trial.row.state)) continue;
    if (trial.row.state === 'verifying') dropClaim(context, trial, error);
    updateTrial(context, trial, { state: 'cancelled', finishedAt: now });
  }
}

const finalStates: ReadonlySet<TrialState> = new Set(['complete', 'pruned', 'failed']);

function dropClaim(context: Context, trial: Trial, error: Refusal): void {
  const { state } = context;
  state.verifyQueue.delete(trial.row.trialId);
  dropValidation(context, trial.row.trialId, error);
  trial.verifyErrors = 0;
  const lease = trial.verifyLease === null ? undefined : state.leases.get(trial.verifyLease);
  if (lease?.kind === 'verify') {
    endVerification(context, lease, 'cancelled');
    revokeLease(context, lease, error);
  }
  if (trial.claim !== null) {
    const ended = { errorCode: error.code, errorMessage: error.message };
    storeAttempt(context, { ...trial.claim, state: 'released', ...ended });
    trial.claim = null;
  }
  updateTrial(context, trial, noResult);
}

function pooledTrials(state: State, sweep: Sweep): Trial[] {
  return [...state.pools]
    .map((trialId) => trialOf(state, trialId))
    .filter(({ row }) => row.sweepId === sweep.row.sweepId);
}

function trainingLeases(state: State, sweep: Sweep): TrainLease[] {
  const leases: TrainLease[] = [];
  for (const trialId of sweep.running) {
    for (const leaseId of trialOf(state, trialId).leases) {
      const lease = state.leases.get(leaseId);
      if (lease?.kind === 'train') leases.push(lease);
    }
  }
  return leases;
}
