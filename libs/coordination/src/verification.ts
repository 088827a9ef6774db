import type { Outcome, Segment, WorkerId } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { settle, sendCredit, updateWorker } from './context.ts';
import { countError, noteError } from './errors.ts';
import { dropLease, freshLease, grantLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import type { LeaseEnd, Refusal } from './refusals.ts';
import { leaseEnds, trialErrorCodes } from './refusals.ts';
import { dropValidation } from './validations.ts';
import type { AttemptState, SweepRow, TrialRow } from './rows.ts';
import type { State, Trial, VerifyLease, Worker } from './state.ts';
import { must } from './state.ts';
import { pushTimer } from './timers.ts';
import { noResult, settleUntrained, storeAttempt, sweepOfTrial, trialOf, updateTrial } from './trials.ts';

type VerifyOutcome = Extract<Outcome, { kind: 'verify' }>;

export function queueVerification(state: State, trial: Trial): void {
  state.verifyQueue.add(trial.row.trialId);
}

/** The oldest trial that this evaluator may judge: nobody verifies what they trained themselves. */
export function chooseVerification(state: State, worker: Worker): Trial | null {
  for (const trialId of state.verifyQueue) {
    const trial = trialOf(state, trialId);
    if (trial.row.workerId !== worker.row.workerId) return trial;
  }
  return null;
}

export function grantVerification(context: Context, worker: Worker, trial: Trial): void {
  const { state } = context;
  const { trialId, sweepId, spec } = trial.row;
  const weights = must(trial.row.weights, `weights of trial ${trialId}`);
  state.sequence += 1;
  const lease: VerifyLease = {
    ...freshLease(context),
    deadlineMax: context.now + limits.evaluationMsMax,
    kind: 'verify',
    fence: state.sequence,
    workerId: worker.row.workerId,
    sweepId,
    trialId,
  };
  state.verifyQueue.delete(trialId);
  trial.verifyLease = lease.leaseId;
  const { dataset, metric } = sweepOfTrial(state, trial).row;
  grantLease(context, worker, lease, { kind: 'verify', sweepId, trialId, spec, dataset, metric, weights });
}

export function verificationResulted(context: Context, lease: VerifyLease, outcome: VerifyOutcome): void {
  const { state, now } = context;
  const trial = endVerification(context, lease, 'settled');
  const took = now - lease.grantedAt;
  state.verifyMs = state.verifyMs === null ? took : state.verifyMs + 0.2 * (took - state.verifyMs);
  const claimed = trial.row.claimedScore;
  const actual = outcome.score;
  const { metric, goal } = sweepOfTrial(state, trial).row;
  if (actual === null) {
    const message = outcome.reason ?? 'the evaluator could not read the weights';
    rejectClaim(context, trial, { code: trialErrorCodes.weightsUnreadable, message });
    // Nobody claims anything for a pooled run: its error is first computed here.
  } else if (claimed === null || claimHolds(claimed, actual, goal)) {
    const { measures, details } = outcome;
    const all = { ...trial.row.measures, ...measures };
    acceptClaim(context, trial, { score: actual, measures: all, details, verifiedBy: lease.workerId });
  } else {
    const message = `claimed a ${metric} of ${claimed}, the evaluator found ${actual}`;
    rejectClaim(context, trial, { code: trialErrorCodes.claimRejected, message });
  }
  settle(context, lease.workerId, lease, null);
}

function claimHolds(claimed: number, actual: number, goal: SweepRow['goal']): boolean {
  const near = limits.claimToleranceRatio * Math.abs(actual);
  return Math.abs(claimed - actual) <= (goal === 'maximize' ? Math.min(near, limits.claimToleranceMax) : near);
}

/** The evaluator itself went wrong: try again, and only after several such errors blame the claim. */
export function verificationErred(context: Context, lease: VerifyLease, error: Refusal): void {
  const { state, now } = context;
  const trial = endVerification(context, lease, 'settled');
  trial.verifyErrors += 1;
  if (trial.verifyErrors >= limits.verifyErrorsMax) {
    const message = `${trial.verifyErrors} evaluations erred, the last with ${error.code}: ${error.message}`;
    rejectClaim(context, trial, { code: trialErrorCodes.unverifiable, message });
    return;
  }
  state.sequence += 1;
  const at = now + limits.evaluationRetryMs * 2 ** (trial.verifyErrors - 1);
  pushTimer(state.timers, { at, sequence: state.sequence, kind: 'verify', id: trial.row.trialId });
}

/** The evaluator is gone or handed back; the trial stays `verifying` and goes first to the next one. */
export function verificationLost(context: Context, lease: VerifyLease, end: LeaseEnd): void {
  queueVerification(context.state, endVerification(context, lease, end));
}

export function endVerification(context: Context, lease: VerifyLease, end: LeaseEnd): Trial {
  const trial = trialOf(context.state, lease.trialId);
  dropLease(context, lease, end);
  trial.verifyLease = null;
  return trial;
}

function acceptClaim(
  context: Context,
  trial: Trial,
  verdict: Pick<TrialRow, 'score' | 'measures' | 'details' | 'verifiedBy'>,
): void {
  closeClaim(context, trial, 'complete', null);
  updateTrial(context, trial, {
    state: 'complete',
    ...verdict,
    errorCode: null,
    errorMessage: null,
    finishedAt: context.now,
  });
  creditTrainers(context, trial);
  const trainer = trainerOf(context, trial);
  if (trainer === undefined) return;
  trainer.errorsInRow = 0;
  updateWorker(context, trainer, { trialsCompleted: trainer.row.trialsCompleted + 1, lastSeenAt: context.now });
  sendCredit(context, trainer);
}

/** Whoever trained some of a complete trial's epochs gets them credited. */
function creditTrainers(context: Context, trial: Trial): void {
  const { segments, images, workerId: trainedBy } = trial.row;
  // A pooled run does not say who trained which epoch.
  if (trainedBy === null) return;
  // The images stated are those of the last stretch; every epoch of a trial has the same number.
  const imagesPerEpoch = images / Math.max(1, epochsOf(segments.at(-1)));
  for (const segment of segments) {
    const worker = context.state.workers.get(segment.worker as WorkerId);
    if (worker === undefined) continue;
    const epochs = epochsOf(segment);
    updateWorker(context, worker, {
      epochsVerified: worker.row.epochsVerified + epochs,
      imagesVerified: worker.row.imagesVerified + Math.round(epochs * imagesPerEpoch),
    });
    // Whoever trained the last epoch is told with the trial.
    if (worker.row.workerId !== trial.row.workerId) sendCredit(context, worker);
  }
}

const epochsOf = (segment: Segment | undefined): number => (segment ? segment.toEpoch - segment.fromEpoch : 0);

/** The claim does not count: one more error, and the trial is trained again from scratch, elsewhere where possible. */
function rejectClaim(context: Context, trial: Trial, why: Refusal): void {
  closeClaim(context, trial, 'rejected', why);
  const trainer = trainerOf(context, trial);
  const { workerId } = trial.row;
  if (trainer !== undefined) {
    updateWorker(context, trainer, { trialsRejected: trainer.row.trialsRejected + 1 });
    sendCredit(context, trainer);
  }
  if (workerId === null) noteError(context, trial, { workerId, ...why, restart: true });
  else countError(context, trial, { workerId, ...why, restart: true });
  dropValidation(context, trial.row.trialId, leaseEnds.cancelled);
  updateTrial(context, trial, noResult);
  settleUntrained(context, trial);
}

function trainerOf(context: Context, trial: Trial): Worker | undefined {
  return trial.row.workerId === null ? undefined : context.state.workers.get(trial.row.workerId);
}

function closeClaim(context: Context, trial: Trial, state: AttemptState, why: Refusal | null): void {
  trial.verifyErrors = 0;
  if (trial.claim === null) return;
  storeAttempt(context, {
    ...trial.claim,
    state,
    errorCode: why?.code ?? null,
    errorMessage: why?.message.slice(0, limits.textCharsMax) ?? null,
  });
  trial.claim = null;
}
