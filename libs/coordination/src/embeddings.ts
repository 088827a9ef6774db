import type { Outcome, TrialId } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { persist, reply, settle, trialChanged } from './context.ts';
import type { Event } from './events.ts';
import { dropLease, freshLease, grantLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import type { LeaseEnd, Refusal } from './refusals.ts';
import { refusalCodes } from './refusals.ts';
import type { EmbedLease, State, Sweep, Trial, Worker } from './state.ts';
import { must } from './state.ts';
import { pushTimer } from './timers.ts';
import { longestWaiting, sweepOfTrial, trialOf } from './trials.ts';

type EmbedOutcome = Extract<Outcome, { kind: 'embed' }>;

/** [E1] Notes that a sweep's two ends are wanted: its complete trials of the best and of the worst score. */
export function wantEnds(state: State, sweep: Sweep): void {
  const sign = sweep.row.goal === 'maximize' ? -1 : 1;
  let best: Trial | null = null;
  let worst: Trial | null = null;
  for (const trialId of sweep.trialIds) {
    const trial = trialOf(state, trialId);
    if (trial.row.state !== 'complete') continue;
    if (best === null || sign * (scoreOf(trial) - scoreOf(best)) < 0) best = trial;
    if (worst === null || sign * (scoreOf(trial) - scoreOf(worst)) > 0) worst = trial;
  }
  for (const end of [best, worst]) if (end !== null) want(state, end.row.trialId);
}

const scoreOf = ({ row }: Trial): number => must(row.score, `the score of trial ${row.trialId}`);

function want(state: State, trialId: TrialId): void {
  if (state.embeddings.has(trialId) || state.openEmbeddings.has(trialId)) return;
  state.openEmbeddings.set(trialId, { leaseId: null, errors: 0 });
  state.embedQueue.add(trialId);
}

/** [E2] */
export function embeddingAsked(context: Context, event: Extract<Event, { type: 'embeddingAsked' }>): void {
  const { state } = context;
  const { requestId, trialId } = event;
  const trial = state.trials.get(trialId);
  const refused = askRefusal(state, trialId, trial);
  if (trial === undefined || refused !== null) {
    reply(context, requestId, { ok: false, ...must(refused, 'the refusal') });
    return;
  }
  want(state, trialId);
  const { sweepId } = trial.row;
  reply(context, requestId, { ok: true, sweepId, created: !state.embeddings.has(trialId), trialsAdded: 0 });
}

function askRefusal(state: State, trialId: TrialId, trial: Trial | undefined): Refusal | null {
  if (trial?.row.state !== 'complete') {
    const message = `trial ${trialId} is ${trial?.row.state ?? 'not known'}; only complete trials have an embedding`;
    return { code: refusalCodes.trialOpen, message };
  }
  if (state.embeddings.has(trialId)) return null;
  const open = state.openEmbeddings.get(trialId);
  if (open !== undefined && open.errors >= limits.embeddingErrorsMax) {
    const message = `the embedding of trial ${trialId} erred ${open.errors} times; a restart tries it again`;
    return { code: refusalCodes.embeddingFailed, message };
  }
  if (open !== undefined || embeddingsOpen(state) < limits.embeddingsWaitingMax) return null;
  const message = `${limits.embeddingsWaitingMax} embeddings wait already, which is the most; ask again later`;
  return { code: refusalCodes.embeddingLimit, message };
}

/** Those that wait, rest after an error or are under way; given-up ones are not among them. */
function embeddingsOpen(state: State): number {
  let count = 0;
  for (const { errors } of state.openEmbeddings.values()) if (errors < limits.embeddingErrorsMax) count += 1;
  return count;
}

/** [E3] The one that has waited longest, for an evaluator that computes none. */
export function chooseEmbedding(state: State, worker: Worker): Trial | null {
  return longestWaiting(state, worker, 'embed', state.embedQueue);
}

export function grantEmbedding(context: Context, worker: Worker, trial: Trial): void {
  const { state } = context;
  const { trialId, sweepId, spec } = trial.row;
  const weights = must(trial.row.weights, `weights of trial ${trialId}`);
  state.sequence += 1;
  const lease: EmbedLease = {
    ...freshLease(context),
    deadlineMax: context.now + limits.embeddingMsMax,
    kind: 'embed',
    fence: state.sequence,
    workerId: worker.row.workerId,
    sweepId,
    trialId,
  };
  must(state.openEmbeddings.get(trialId), `the embedding of trial ${trialId}`).leaseId = lease.leaseId;
  state.embedQueue.delete(trialId);
  const { dataset } = sweepOfTrial(state, trial).row;
  grantLease(context, worker, lease, { kind: 'embed', sweepId, trialId, spec, dataset, weights });
}

export function embeddingResulted(context: Context, lease: EmbedLease, outcome: EmbedOutcome): void {
  const { state, now } = context;
  const { trialId, workerId } = lease;
  const { map, points, separation } = outcome;
  dropLease(context, lease, 'settled');
  const row = { trialId, map, points, separation, workerId, computedAt: now };
  state.openEmbeddings.delete(trialId);
  state.embeddings.set(trialId, row);
  persist(context, { table: 'embedding', row });
  trialChanged(context, trialId);
  settle(context, workerId, lease, null);
}

/** [E4] */
export function embeddingErred(context: Context, lease: EmbedLease): void {
  const { state, now } = context;
  dropLease(context, lease, 'settled');
  const open = must(state.openEmbeddings.get(lease.trialId), `the embedding of trial ${lease.trialId}`);
  open.leaseId = null;
  open.errors += 1;
  if (open.errors >= limits.embeddingErrorsMax) return;
  state.sequence += 1;
  const at = now + limits.evaluationRetryMs * 2 ** (open.errors - 1);
  pushTimer(state.timers, { at, sequence: state.sequence, kind: 'embed', id: lease.trialId });
}

export function embeddingLost(context: Context, lease: EmbedLease, end: LeaseEnd): void {
  const { state } = context;
  dropLease(context, lease, end);
  must(state.openEmbeddings.get(lease.trialId), `the embedding of trial ${lease.trialId}`).leaseId = null;
  state.embedQueue.add(lease.trialId);
}
