import type { TrialId } from '@gradpool/protocol';
import { answerError, answerRelease, answerResult, loseLease, noteCheckpoint, noteProgress } from './answers.ts';
import type { Context } from './context.ts';
import { closeContext, openContext } from './context.ts';
import { speculate } from './copies.ts';
import { dispatch } from './dispatch.ts';
import type { Effect, Env, Event } from './events.ts';
import { embeddingAsked } from './embeddings.ts';
import { recallGapWork } from './gap-work.ts';
import { refreshIdle } from './idle.ts';
import { judgeRungs } from './halving.ts';
import { armLease, revokeLease } from './leases.ts';
import { leaseEnds } from './refusals.ts';
import { commandRoom, removeWorker } from './room-commands.ts';
import { averageLate, roundReady, runClosed, runFailed } from './pooled.ts';
import type { State } from './state.ts';
import { commandSweep } from './sweep-commands.ts';
import { completeSweeps, extendSweep, submitSweep } from './sweeps.ts';
import type { Timer } from './timers.ts';
import { popDueTimer } from './timers.ts';
import { validationRested } from './validations.ts';
import { workerArrived, workerBeat, workerLeft, workerPulled } from './workers.ts';

/*
 * States and moves.
 *
 * trial   waiting -> running        a training lease is granted
 *         running -> waiting        its last live lease is lost, released or erred (fewer errors than errorsMax)
 *         running -> failed         the same with its errors used up
 *         running -> verifying      the first result; other leases of the trial are superseded
 *         verifying -> complete     the evaluator finds the claim true within 1 %
 *         verifying -> waiting      the claim is rejected (an error; from scratch) and errors are left
 *         verifying -> failed       the claim is rejected and no error is left
 *         running -> waiting        it is handed back at a rung, and is held there until its cell is judged
 *         waiting -> pruned         its cell is not among the best at a rung
 *         any of the first three -> cancelled   its sweep is cancelled;   cancelled -> waiting   it is resumed
 *
 * sweep   running <-> paused;  running or paused -> complete  (nothing waiting, running, verifying; baselines there)
 *         complete -> running  extended with something new
 *         running or paused -> cancelled;  cancelled -> running  resumed
 *
 * lease   live -> gone   answered (result, release, error), lost (deadline), revoked (cancel, superseded).
 *         A live one may be `revoking`: a pause asked for a checkpoint and waits for its release.
 *
 * attempt running -> complete, rejected   the verdict on its result (`endedAt` says that training ended)
 *         running -> failed, lost, released, superseded
 *
 * room    open <-> ended   every running sweep is paused, and no training is given out until it is open again
 *
 * worker  away -> connected -> away (in order: leases go back; else: they last for the grace period)
 */

/**
 * Takes one event into the state, in place, and returns what the shell must do: persist all rows in one transaction,
 * then the rest in order. Deterministic, synchronous, without I/O; throws only `InvariantError`.
 */
export function step(state: State, event: Event, env: Env): Effect[] {
  state.now = Math.max(state.now, env.now);
  const context = openContext(state, { now: state.now, newId: env.newId });
  runTimers(context);
  handle(context, event);
  judgeRungs(context);
  dispatch(context);
  completeSweeps(context);
  return closeContext(context);
}

function handle(context: Context, event: Event): void {
  switch (event.type) {
    case 'sweepSubmitted':
      return submitSweep(context, event);
    case 'sweepExtended':
      return extendSweep(context, event);
    case 'sweepCommanded':
      return commandSweep(context, event);
    case 'embeddingAsked':
      return embeddingAsked(context, event);
    case 'workerArrived':
      return workerArrived(context, event.worker);
    case 'workerLeft':
      return workerLeft(context, event);
    case 'pulled':
      return workerPulled(context, event);
    case 'heartbeat':
      return workerBeat(context, event);
    case 'progressed':
      return noteProgress(context, event);
    case 'checkpointed':
      return noteCheckpoint(context, event);
    case 'resulted':
      return answerResult(context, event);
    case 'released':
      return answerRelease(context, event);
    case 'erred':
      return answerError(context, event);
    case 'workerRemoved':
      return removeWorker(context, event);
    case 'roomCommanded':
      return commandRoom(context, event);
    case 'roundReady':
      roundReady(context, event);
      return recallGapWork(context);
    case 'runClosed':
      return runClosed(context, event);
    case 'runFailed':
      return runFailed(context, event);
    case 'ticked':
      averageLate(context);
      recallGapWork(context);
      return speculate(context);
    default:
      event satisfies never;
  }
}

/** Whatever is due happens before the event: an answer that comes at or after its deadline finds the lease gone. */
function runTimers(context: Context): void {
  for (;;) {
    const timer = popDueTimer(context.state.timers, context.now);
    if (timer === null) return;
    fire(context, timer);
  }
}

function fire(context: Context, timer: Timer): void {
  const { state, now } = context;
  switch (timer.kind) {
    case 'lease': {
      const lease = state.leases.get(timer.id as never);
      if (lease?.timerAt !== timer.at) return;
      if (lease.deadline > now) return armLease(state, lease);
      loseLease(context, lease);
      return revokeLease(context, lease, leaseEnds.expired);
    }
    case 'rest': {
      const worker = state.workers.get(timer.id as never);
      if (worker !== undefined) refreshIdle(state, worker);
      return;
    }
    case 'verify': {
      const trial = state.trials.get(timer.id as never);
      if (trial?.row.state === 'verifying' && trial.verifyLease === null) state.verifyQueue.add(trial.row.trialId);
      return;
    }
    case 'baseline': {
      const open = state.openBaselines.get(timer.id);
      if (open?.leaseId === null) state.baselineQueue.add(open.key);
      return;
    }
    case 'embed': {
      const trialId = timer.id as TrialId;
      if (state.openEmbeddings.get(trialId)?.leaseId === null) state.embedQueue.add(trialId);
      return;
    }
    case 'validate':
      return validationRested(state, timer.id as TrialId);
    default:
      timer.kind satisfies never;
  }
}
