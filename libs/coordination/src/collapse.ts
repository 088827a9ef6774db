import type { WorkerId } from '@gradpool/protocol';
import { coordinationLimits as limits } from './limits.ts';
import type { PooledRun } from './pooled-run.ts';
import { trialErrorCodes, type Refusal } from './refusals.ts';
import type { State } from './state.ts';

/*
 * A run that collapses is told by its own loss, and stopped: nobody's time is worth what follows.
 */

interface Counted {
  readonly loss: number;
  readonly images: number;
}

/** Takes in what a round's answers say of the loss. Their middle is watched, not their mean, so that one that lies decides nothing among others. */
export function noteLosses(run: PooledRun, updates: readonly Counted[]): void {
  const images = updates.reduce((sum, update) => sum + update.images, 0);
  const mean = updates.reduce((sum, update) => sum + update.loss * update.images, 0) / Math.max(1, images);
  const last = middleOf(updates, images);
  run.loss = Number.isFinite(mean) ? mean : last;
  const start = run.watch.start ?? last;
  const above = last > limits.collapseRatio * start;
  run.watch = { start, last, roundsAbove: above ? run.watch.roundsAbove + 1 : 0 };
}

/** The loss that half of the images have at most. */
function middleOf(updates: readonly Counted[], images: number): number {
  let seen = 0;
  for (const update of updates.toSorted((a, b) => a.loss - b.loss)) {
    seen += update.images;
    if (2 * seen >= images) return update.loss;
  }
  return 0;
}

/** [M13] Why a run is not worth going on with; null where it is. */
export function collapseOf({ watch, start }: PooledRun): Refusal | null {
  const most = start?.local ? limits.collapseRoundsLocal : limits.collapseRoundsExact;
  if (watch.start === null || watch.roundsAbove < most) return null;
  const { last, roundsAbove } = watch;
  const message = `the loss was above ${limits.collapseRatio} times its start for ${roundsAbove} rounds in a row: it began at ${shown(watch.start)} and is ${shown(last)}; lower learning_rate`;
  return { code: trialErrorCodes.collapsed, message };
}

const shown = (loss: number): string => String(Number(loss.toPrecision(4)));

/** Errors that say that the model itself computes no number any more. */
const divergedCodes: ReadonlySet<string> = new Set(['E_NAN_LOSS', 'E_GRADIENT_RANGE']);

/** [M13] The same of an error: everyone who trains has made one of this kind in this round, so it is not theirs. */
export function divergenceOf(state: State, run: PooledRun, workerId: WorkerId, error: Refusal): Refusal | null {
  if (!divergedCodes.has(error.code)) return null;
  run.diverged.push(workerId);
  const few = run.diverged.length < limits.divergedErrorsMin;
  if (few || [...state.trainers].some((trainer) => !run.diverged.includes(trainer))) return null;
  const round = run.start?.round ?? 0;
  const message = `everyone who trains had this in round ${round}, ${run.diverged.length} times in all, so the run has diverged; lower learning_rate. The last: ${error.message}`;
  return { code: error.code, message };
}
