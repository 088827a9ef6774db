import type { WorkerId } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { refreshIdle } from './idle.ts';
import { coordinationLimits as limits } from './limits.ts';
import type { Refusal } from './refusals.ts';
import type { Trial, Worker } from './state.ts';
import { pushTimer } from './timers.ts';
import { updateTrial } from './trials.ts';

export interface TrialError extends Refusal {
  readonly workerId: WorkerId;
  /** True where the stored checkpoint is not to be trusted: the next attempt starts from scratch. */
  readonly restart: boolean;
  /** False where the error is the worker's alone and the trial goes on with others. */
  readonly trial?: boolean;
}

/** Counts an error against a trial and the worker that made it; what becomes of the trial is the caller's. */
export function countError(context: Context, trial: Trial, error: TrialError): void {
  if (error.trial !== false) noteError(context, trial, error);
  const worker = context.state.workers.get(error.workerId);
  if (worker !== undefined) restAfterErrors(context, worker);
}

/** Counts an error against a trial alone. */
export function noteError(
  context: Context,
  trial: Trial,
  error: Omit<TrialError, 'workerId'> & { readonly workerId: WorkerId | null },
): void {
  updateTrial(context, trial, {
    errors: trial.row.errors + 1,
    erredWorkers: [...trial.row.erredWorkers, ...(error.workerId === null ? [] : [error.workerId])],
    errorCode: error.code,
    errorMessage: error.message.slice(0, limits.textCharsMax),
    ...(error.restart ? { checkpoint: null, segments: [] } : {}),
  });
}

/** A worker that errs time after time rests, longer each time, so that one broken machine cannot use up every trial. */
function restAfterErrors(context: Context, worker: Worker): void {
  const { state, now } = context;
  worker.errorsInRow += 1;
  const beyond = worker.errorsInRow - limits.workerErrorsFree;
  if (beyond < 0) return;
  worker.restUntil = now + Math.min(limits.workerRestMsMax, limits.workerRestMs * 2 ** Math.min(beyond, 16));
  state.sequence += 1;
  const { restUntil: at, row } = worker;
  pushTimer(state.timers, { at, sequence: state.sequence, kind: 'rest', id: row.workerId });
  refreshIdle(state, worker);
}
