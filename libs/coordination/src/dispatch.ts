import { chooseBaselines, grantBaselines } from './baselines.ts';
import type { Context } from './context.ts';
import { chooseEmbedding, grantEmbedding } from './embeddings.ts';
import { giveGapWork } from './gap-work.ts';
import { isPooled } from './placement.ts';
import { givePooledWork, openRun } from './pooled.ts';
import { chooseTrial } from './queue.ts';
import type { Worker } from './state.ts';
import { grantTraining } from './training.ts';
import { chooseValidation, grantValidation } from './validations.ts';
import { chooseVerification, grantVerification } from './verification.ts';

/** At the end of every step: whoever is idle gets what waits, fastest worker first. Costs nothing when either is empty. */
export function dispatch(context: Context): void {
  const { state } = context;
  serve(
    state.idleTrainers,
    () => state.room.state === 'open' && state.openSweeps.length + state.pools.size > 0,
    (worker) => giveTraining(context, worker),
  );
  const evaluations = (): boolean =>
    state.verifyQueue.size + state.validateQueue.size + state.baselineQueue.size + state.embedQueue.size > 0;
  serve(state.idleEvaluators, evaluations, (worker) => giveEvaluation(context, worker));
}

/** A worker that got its fill has left the list by itself; one that gets nothing is passed over. */
function serve(idle: readonly Worker[], more: () => boolean, give: (worker: Worker) => boolean): void {
  let index = idle.length - 1;
  while (index >= 0 && more()) {
    const worker = idle[index]!;
    if (!give(worker) || idle[index] !== worker) index -= 1;
  }
}

/** A pooled run that is under way comes first; whoever it does not need for a while trains a trial meanwhile. */
function giveTraining(context: Context, worker: Worker): boolean {
  if (context.state.pools.size > 0) return givePooledWork(context, worker) || giveGapWork(context, worker);
  const trial = chooseTrial(context.state, worker);
  if (trial === null) return false;
  if (isPooled(trial)) {
    openRun(context, trial);
    return false;
  }
  grantTraining(context, worker, trial, 'first');
  return true;
}

/**
 * Verification first: it is short, and finished work waits for it. Then what people watch, which is short as well, then
 * baselines. Nothing waits for an embedding.
 */
function giveEvaluation(context: Context, worker: Worker): boolean {
  const trial = chooseVerification(context.state, worker);
  if (trial !== null) {
    grantVerification(context, worker, trial);
    return true;
  }
  const validated = chooseValidation(context.state, worker);
  if (validated !== null) {
    grantValidation(context, worker, validated);
    return true;
  }
  const baselines = chooseBaselines(context.state);
  if (baselines.length > 0) {
    grantBaselines(context, worker, baselines);
    return true;
  }
  const embedded = chooseEmbedding(context.state, worker);
  if (embedded === null) return false;
  grantEmbedding(context, worker, embedded);
  return true;
}
