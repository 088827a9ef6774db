import type { SweepId } from '@gradpool/protocol';
import { baselineKey, openBaselines } from './baselines.ts';
import type { Context } from './context.ts';
import { closeContext, openContext } from './context.ts';
import { wantEnds } from './embeddings.ts';
import type { Effect } from './events.ts';
import { judgeRungs } from './halving.ts';
import { addLease, freshLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { isPooled } from './placement.ts';
import { reopenRun } from './pooled.ts';
import { enqueueAll } from './queue.ts';
import { trialErrorCodes } from './refusals.ts';
import type { AttemptRow, StoredRows } from './rows.ts';
import { epochsOf } from './trial-epochs.ts';
import type { State, Sweep, Trial } from './state.ts';
import { emptyState, must } from './state.ts';
import { completeSweeps, registerCell, registerSweep } from './sweeps.ts';
import { trainLease } from './training.ts';
import { registerTrial, settleUntrained, storeAttempt } from './trials.ts';
import { lacksValidation, wantLastValidation } from './validations.ts';
import { queueVerification } from './verification.ts';
import { registerWorker } from './workers.ts';

/**
 * The state as the store knows it. Running attempts are live leases again, with a new deadline for their workers to
 * come back; trials in verification are queued for it again. Rows that contradict each other (a crash cannot leave
 * such, a person might) are set right, which is what the effects are for.
 */
export function createState(rows: StoredRows, now: number): { readonly state: State; readonly effects: Effect[] } {
  const state = emptyState(now);
  const context = openContext(state, { now, newId: () => '' });
  state.room = rows.rooms[0] ?? state.room;
  for (const row of rows.baselines) state.baselines.set(baselineKey(row.dataset, row), row);
  for (const row of rows.embeddings) state.embeddings.set(row.trialId, row);
  for (const row of [...rows.workers].sort((a, b) => a.lastSeenAt - b.lastSeenAt)) registerWorker(state, row);
  const bySubmission = (a: { createdAt: number; sweepId: SweepId }, b: { createdAt: number; sweepId: SweepId }) =>
    a.createdAt - b.createdAt || (a.sweepId < b.sweepId ? -1 : 1);
  for (const row of [...rows.sweeps].sort(bySubmission)) registerSweep(state, row);
  for (const row of rows.cells) registerCell(state, sweepOf(state, row.sweepId), row);
  const trials = rows.trials.map((row) =>
    registerTrial(state, sweepOf(state, row.sweepId), row, must(state.cells.get(row.cellId), `cell ${row.cellId}`)),
  );
  for (const attempt of rows.attempts) restoreAttempt(context, attempt);
  queueTrials(context, trials);
  for (const sweep of state.sweeps.values()) {
    if (sweep.row.state === 'running' || sweep.row.state === 'paused') openBaselines(state, sweep);
    context.touched.add(sweep.row.sweepId);
  }
  wantLastEnds(state);
  for (const { halving } of state.sweeps.values()) {
    for (const group of halving?.groups.values() ?? []) context.judged.add(group);
  }
  judgeRungs(context);
  completeSweeps(context);
  return { state, effects: closeContext(context) };
}

/** What was still to be embedded when the process ended. [E1] */
function wantLastEnds(state: State): void {
  const ended = [...state.sweeps.values()].filter(({ row }) => row.state === 'complete');
  const last = ended.sort((a, b) => (a.row.finishedAt ?? 0) - (b.row.finishedAt ?? 0));
  for (const sweep of last.slice(-limits.embeddingSweepsMax)) wantEnds(state, sweep);
}

function sweepOf(state: State, sweepId: SweepId): Sweep {
  return must(state.sweeps.get(sweepId), `sweep ${sweepId}`);
}

function restoreAttempt(context: Context, attempt: AttemptRow): void {
  const { state, now } = context;
  const trial = must(state.trials.get(attempt.trialId), `trial ${attempt.trialId}`);
  const worker = state.workers.get(attempt.workerId);
  if (attempt.endedAt !== null && trial.row.state === 'verifying') {
    trial.claim = attempt;
  } else if (attempt.endedAt === null && trial.row.state === 'running' && worker !== undefined) {
    const epochs = epochsOf(trial.row);
    const base = { ...freshLease(context), leaseId: attempt.leaseId, sweepId: trial.row.sweepId, gap: false };
    const lease = trainLease(attempt, base, epochs === null ? 0 : Math.min(1, attempt.fromEpoch / epochs));
    lease.deadline = now + limits.restartGraceMs;
    if (sweepOf(state, lease.sweepId).row.state === 'paused') {
      lease.revoking = true;
      lease.deadlineMax = lease.deadline + limits.pauseGraceMs;
    }
    addLease(state, lease);
  } else {
    const message = `the store holds it as running while its trial is ${trial.row.state}`;
    storeAttempt(context, {
      ...attempt,
      state: 'lost',
      errorCode: trialErrorCodes.workerLost,
      errorMessage: message,
      endedAt: attempt.endedAt ?? now,
    });
  }
}

function queueTrials(context: Context, trials: readonly Trial[]): void {
  const { state } = context;
  const waiting = new Map<Sweep, Trial[]>();
  for (const trial of trials) {
    if (lacksValidation(trial)) wantLastValidation(context, trial);
    const sweep = sweepOf(state, trial.row.sweepId);
    if (trial.row.state === 'waiting') {
      const list = waiting.get(sweep);
      if (list === undefined) waiting.set(sweep, [trial]);
      else list.push(trial);
    }
    if (trial.row.state === 'verifying') {
      const claimed = trial.row.claimedScore !== null || isPooled(trial);
      if (trial.row.weights === null || !claimed) settleUntrained(context, trial);
      else queueVerification(state, trial);
    }
    if (trial.row.state !== 'running' || trial.leases.size > 0) continue;
    if (isPooled(trial) && sweep.row.state === 'running') reopenRun(context, trial);
    else settleUntrained(context, trial);
  }
  for (const [sweep, list] of waiting) enqueueAll(state, sweep, list);
}
