import type { TrialId, TrialState } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { persist, sweepChanged, trialChanged } from './context.ts';
import { dequeue, enqueue } from './queue.ts';
import type { AttemptRow, CellRow, TrialRow } from './rows.ts';
import { epochsOf } from './trial-epochs.ts';
import type { HalvedCell, Halving, State, Sweep, Trial, Worker } from './state.ts';
import { must } from './state.ts';

export function trialOf(state: State, trialId: TrialId): Trial {
  return must(state.trials.get(trialId), `trial ${trialId}`);
}

/** The trial that has waited longest for an evaluation of this kind; null for a worker that has one of the kind in hand. */
export function longestWaiting(
  state: State,
  worker: Worker,
  kind: 'embed' | 'validate',
  queue: ReadonlySet<TrialId>,
): Trial | null {
  for (const leaseId of worker.leases) if (state.leases.get(leaseId)?.kind === kind) return null;
  const [first] = queue;
  return first === undefined ? null : trialOf(state, first);
}

export function sweepOfTrial(state: State, trial: Trial): Sweep {
  return must(state.sweeps.get(trial.row.sweepId), `sweep ${trial.row.sweepId}`);
}

/** A cell is done when none of its trials is in one of these states. */
const openStates: ReadonlySet<TrialState> = new Set(['waiting', 'running', 'verifying', 'cancelled']);

/** Brings a trial into the state's maps and counts; queueing is the caller's. */
export function registerTrial(state: State, sweep: Sweep, row: TrialRow, cell: CellRow): Trial {
  const trial: Trial = {
    row,
    cell,
    leases: new Set(),
    verifyLease: null,
    claim: null,
    verifyErrors: 0,
    queued: null,
    remaining: 0,
    pool: null,
  };
  state.trials.set(row.trialId, trial);
  sweep.trialIds.push(row.trialId);
  sweep.trialKeys.add(`${row.cellId} ${row.seed}`);
  if (sweep.halving !== null) halvedCell(sweep.halving, cell).trials.push(trial);
  count(sweep, row, 1);
  return trial;
}

/** A cell among those that it is compared with. */
function halvedCell({ rule, cells, groups }: Halving, cell: CellRow): HalvedCell {
  const known = cells.get(cell.cellId);
  if (known !== undefined) return known;
  const key = JSON.stringify(rule.compareWithin.map((name) => cell.parameters[name] ?? null));
  const group = groups.get(key) ?? { cells: [] };
  groups.set(key, group);
  const added: HalvedCell = { index: cell.index, group: key, trials: [] };
  group.cells.push(added);
  cells.set(cell.cellId, added);
  return added;
}

function count(sweep: Sweep, row: TrialRow, by: 1 | -1): void {
  sweep.counts[row.state] += by;
  if (row.state === 'running') {
    if (by === 1) sweep.running.add(row.trialId);
    else sweep.running.delete(row.trialId);
  }
  if (row.state === 'pruned') sweep.epochsSaved += by * epochsSaved(row);
  if (!openStates.has(row.state)) return;
  const open = must(sweep.openByCell.get(row.cellId), `cell ${row.cellId}`);
  if (open + by === 0) sweep.cellsDone += 1;
  if (open === 0) sweep.cellsDone -= 1;
  sweep.openByCell.set(row.cellId, open + by);
}

/** Epochs that a pruned trial was not trained for. */
export function epochsSaved(row: TrialRow): number {
  return Math.max(0, (epochsOf(row) ?? 0) - (row.rungs?.figures.at(-1)?.epoch ?? 0));
}

/** The one way a stored trial changes: row, counts, queue and store stay in step. */
export function updateTrial(context: Context, trial: Trial, patch: Partial<TrialRow>): void {
  const { state } = context;
  const sweep = sweepOfTrial(state, trial);
  const before = trial.row;
  const moved = patch.state !== undefined && patch.state !== before.state;
  if (moved) {
    dequeue(state, sweep, trial);
    count(sweep, before, -1);
  }
  trial.row = { ...before, ...patch };
  if (moved) {
    count(sweep, trial.row, 1);
    if (trial.row.state === 'waiting') enqueue(state, sweep, trial);
    context.touched.add(sweep.row.sweepId);
    sweepChanged(context, sweep.row.sweepId);
  }
  if (patch.rungs !== undefined || trial.row.state === 'failed') {
    const group = sweep.halving?.groups.get(sweep.halving.cells.get(trial.row.cellId)?.group ?? '');
    if (group !== undefined) context.judged.add(group);
  }
  persist(context, { table: 'trial', row: trial.row });
  trialChanged(context, trial.row.trialId);
}

export function storeAttempt(context: Context, attempt: AttemptRow): AttemptRow {
  persist(context, { table: 'attempt', row: attempt });
  return attempt;
}

/** What is left of a result when it does not count. */
export const noResult = {
  workerId: null,
  backend: null,
  claimedScore: null,
  measures: {},
  validationMse: null,
  weights: null,
  segments: [],
  images: 0,
  durationMs: null,
} as const satisfies Partial<TrialRow>;

/**
 * A trial that nobody trains any more goes back in line, or fails where its errors are used up.
 * With a lease still live (a copy, or the one it was copied from) it just runs on.
 */
export function settleUntrained(context: Context, trial: Trial): void {
  if (trial.leases.size > 0) return;
  const sweep = sweepOfTrial(context.state, trial);
  const failed = trial.row.errors >= sweep.row.errorsMax;
  updateTrial(context, trial, failed ? { state: 'failed', finishedAt: context.now } : { state: 'waiting' });
}
