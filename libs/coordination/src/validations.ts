import type { Outcome, TrialId } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { order, settle, sweepChanged } from './context.ts';
import { dropLease, freshLease, grantLease, revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { isPooled } from './placement.ts';
import type { LeaseEnd, Refusal } from './refusals.ts';
import { epochsOf } from './trial-epochs.ts';
import type { OpenValidation, State, Trial, ValidateLease, ValidationInput, Worker } from './state.ts';
import { must } from './state.ts';
import { pushTimer } from './timers.ts';
import { longestWaiting, sweepOfTrial, trialOf, updateTrial } from './trials.ts';

type ValidateOutcome = Extract<Outcome, { kind: 'validate' }>;

/** [J2] Notes the newest parameters to be judged; older ones that nobody has begun with are given up for them. */
export function wantValidation(context: Context, trialId: TrialId, input: ValidationInput): void {
  const { validations, validateQueue } = context.state;
  const open = validations.get(trialId) ?? { waiting: null, leaseId: null, errors: 0 };
  validations.set(trialId, open);
  letGo(context, trialId, open.waiting);
  open.waiting = input;
  open.errors = 0;
  if (open.leaseId === null) validateQueue.add(trialId);
}

/** [J4] The weights that a run ended with, which the store keeps. */
export function wantLastValidation(context: Context, { row }: Trial): void {
  const epoch = epochsOf(row);
  if (epoch === null || row.weights === null || !holdsImagesOut(row)) return;
  wantValidation(context, row.trialId, { epoch, parameters: row.weights, held: false });
}

/** [J4] After a restart: a pooled trial that has its weights and lacks its figure. */
export function lacksValidation(trial: Trial): boolean {
  const { state, validationMse } = trial.row;
  return isPooled(trial) && (state === 'verifying' || state === 'complete') && validationMse === null;
}

function holdsImagesOut({ spec }: Trial['row']): boolean {
  const images = spec['validation_images'];
  return typeof images === 'number' && images > 0;
}

/** [J3] The trial that has waited longest, for an evaluator that validates none. */
export function chooseValidation(state: State, worker: Worker): Trial | null {
  return longestWaiting(state, worker, 'validate', state.validateQueue);
}

export function grantValidation(context: Context, worker: Worker, trial: Trial): void {
  const { state } = context;
  const { trialId, sweepId, spec } = trial.row;
  const open = must(state.validations.get(trialId), `the validation of trial ${trialId}`);
  const input = must(open.waiting, `the parameters to validate of trial ${trialId}`);
  const { epoch, parameters } = input;
  state.sequence += 1;
  const lease: ValidateLease = {
    ...freshLease(context),
    deadlineMax: context.now + limits.validationMsMax,
    kind: 'validate',
    fence: state.sequence,
    workerId: worker.row.workerId,
    ...{ sweepId, trialId, input, attempt: trial.row.attempts },
    ...{ epoch, epochs: epochsOf(trial.row) ?? epoch },
  };
  open.waiting = null;
  open.leaseId = lease.leaseId;
  state.validateQueue.delete(trialId);
  const { dataset } = sweepOfTrial(state, trial).row;
  grantLease(context, worker, lease, { kind: 'validate', sweepId, trialId, spec, dataset, epoch, parameters });
}

/** The points came ahead of it, as those of an epoch always do; the last epoch's figure is the trial's as well. */
export function validationResulted(context: Context, lease: ValidateLease, { validationMse }: ValidateOutcome): void {
  const { trialId, input, workerId } = lease;
  const open = endValidation(context, lease, 'settled');
  letGo(context, trialId, input);
  settleOpen(context.state, trialId, open);
  const trial = trialOf(context.state, trialId);
  if (input.held && trial.pool !== null) {
    trial.pool.validation = { epoch: input.epoch, mse: validationMse };
    sweepChanged(context, trial.row.sweepId);
  }
  const last = trial.row.weights?.sha256 === input.parameters.sha256 && lacksValidation(trial);
  if (last) updateTrial(context, trial, { validationMse });
  settle(context, workerId, lease, null);
}

/** [J5] */
export function validationErred(context: Context, lease: ValidateLease): void {
  const { state, now } = context;
  const { trialId, input } = lease;
  const open = endValidation(context, lease, 'settled');
  const givenUp = open.waiting !== null || open.errors + 1 >= limits.validationErrorsMax;
  if (givenUp) {
    letGo(context, trialId, input);
    return settleOpen(state, trialId, open);
  }
  open.waiting = input;
  open.errors += 1;
  state.sequence += 1;
  const at = now + limits.evaluationRetryMs * 2 ** (open.errors - 1);
  pushTimer(state.timers, { at, sequence: state.sequence, kind: 'validate', id: trialId });
}

/** [J5] */
export function validationLost(context: Context, lease: ValidateLease, end: LeaseEnd): void {
  const { trialId, input } = lease;
  const open = endValidation(context, lease, end);
  if (open.waiting === null) open.waiting = input;
  else letGo(context, trialId, input);
  settleOpen(context.state, trialId, open);
}

/** A rest is over. */
export function validationRested(state: State, trialId: TrialId): void {
  const open = state.validations.get(trialId);
  if (open?.leaseId === null && open.waiting !== null) state.validateQueue.add(trialId);
}

/** [J6] The trial goes on from elsewhere, or not at all: nothing of it is judged any more. */
export function dropValidation(context: Context, trialId: TrialId, why: Refusal): void {
  const { state } = context;
  const open = state.validations.get(trialId);
  if (open === undefined) return;
  const lease = open.leaseId === null ? undefined : state.leases.get(open.leaseId);
  if (lease?.kind === 'validate') {
    endValidation(context, lease, 'cancelled');
    revokeLease(context, lease, why);
    letGo(context, trialId, lease.input);
  }
  letGo(context, trialId, open.waiting);
  forget(state, trialId);
}

function endValidation(context: Context, lease: ValidateLease, end: LeaseEnd): OpenValidation {
  dropLease(context, lease, end);
  const open = must(context.state.validations.get(lease.trialId), `the validation of trial ${lease.trialId}`);
  open.leaseId = null;
  return open;
}

function settleOpen(state: State, trialId: TrialId, { waiting }: OpenValidation): void {
  if (waiting === null) forget(state, trialId);
  else state.validateQueue.add(trialId);
}

function forget(state: State, trialId: TrialId): void {
  state.validations.delete(trialId);
  state.validateQueue.delete(trialId);
}

/** The shell keeps parameters of rounds that are past in memory until it hears that nobody wants them. */
export function letGo(context: Context, trialId: TrialId, input: ValidationInput | null): void {
  if (input?.held) order(context, { kind: 'forget', trialId, parameters: input.parameters });
}
