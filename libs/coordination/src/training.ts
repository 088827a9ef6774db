import type { CheckpointRef, Outcome, RungFigure, Segment } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { settle } from './context.ts';
import { countError } from './errors.ts';
import { isAwaited, rungReached } from './halving.ts';
import { dropLease, freshLease, grantLease, revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import type { LeaseEnd, Refusal } from './refusals.ts';
import { leaseEnds, trialErrorCodes } from './refusals.ts';
import type { AttemptRow, AttemptState, TrialRow } from './rows.ts';
import { checkpointFraction, sampleSpeed, targetFraction } from './speed.ts';
import { epochsOf } from './trial-epochs.ts';
import type { TrainLease, Trial, Worker } from './state.ts';
import { settleUntrained, storeAttempt, sweepOfTrial, trialOf, updateTrial } from './trials.ts';
import { queueVerification } from './verification.ts';

type TrainOutcome = Extract<Outcome, { kind: 'train' }>;

/**
 * Gives a trial to a worker, from its checkpoint where it has one. `copy`: another lease of it is live; `gap`: until a pooled run wants
 * the worker.
 */
export function grantTraining(context: Context, worker: Worker, trial: Trial, as: 'first' | 'copy' | 'gap'): void {
  const { state, now } = context;
  const sweep = sweepOfTrial(state, trial);
  const { row } = trial;
  const base = freshLease(context);
  const copy = as === 'copy';
  const attempt: AttemptRow = {
    leaseId: base.leaseId,
    trialId: row.trialId,
    number: row.attempts + 1,
    fence: row.fence + 1,
    workerId: worker.row.workerId,
    copy,
    state: 'running',
    fromEpoch: row.checkpoint?.epoch ?? 0,
    toEpoch: row.checkpoint?.epoch ?? 0,
    errorCode: null,
    errorMessage: null,
    startedAt: now,
    endedAt: null,
  };
  const lease = trainLease(attempt, { ...base, sweepId: row.sweepId, gap: as === 'gap' }, checkpointFraction(row));
  // At least a little, so that sweeps take turns even where nothing costs anything.
  if (!copy) sweep.served += trial.remaining + 1;
  const { trialId, sweepId, spec, checkpoint: resume } = row;
  const { dataset, metric } = sweep.row;
  grantLease(context, worker, lease, {
    ...{ kind: 'train', sweepId, trialId, spec, dataset, metric },
    ...{ attempt: attempt.number, resume, copy, ...stopOf(row) },
  });
  storeAttempt(context, attempt);
  updateTrial(context, trial, {
    state: 'running',
    fence: attempt.fence,
    attempts: attempt.number,
    startedAt: row.startedAt ?? now,
  });
}

/** The rung at which a trial is to stop, where it is not to train to its end. */
function stopOf(row: TrialRow): { readonly stopAfter?: number } {
  if (row.rungs === null || row.rungs.untilEpoch >= (epochsOf(row) ?? 0)) return {};
  return { stopAfter: row.rungs.untilEpoch };
}

/** A training lease as it stands at its grant, and again after a restart. */
export function trainLease(
  attempt: AttemptRow,
  base: ReturnType<typeof freshLease> & Pick<TrainLease, 'sweepId' | 'gap'>,
  fractionAtStart: number,
): TrainLease {
  return {
    ...base,
    kind: 'train',
    fence: attempt.fence,
    workerId: attempt.workerId,
    trialId: attempt.trialId,
    attempt,
    epoch: attempt.fromEpoch,
    fraction: fractionAtStart,
    fractionAtStart,
    sampledAt: null,
    sampledFraction: 0,
  };
}

/** Keeps a checkpoint that is not older than the stored one, with the chain of segments that led to it. */
export function checkpointed(context: Context, lease: TrainLease, checkpoint: CheckpointRef): void {
  const trial = trialOf(context.state, lease.trialId);
  if (trial.row.checkpoint !== null && checkpoint.epoch < trial.row.checkpoint.epoch) return;
  const own: Segment = {
    worker: lease.workerId,
    fromEpoch: lease.attempt.fromEpoch,
    toEpoch: checkpoint.epoch,
    numericClass: checkpoint.numericClass,
  };
  const segments = joinSegments(trial.row.segments, own.toEpoch > own.fromEpoch ? [own] : [], own.fromEpoch);
  updateTrial(context, trial, { checkpoint, segments });
}

/** The segments before `fromEpoch`, cut there, and then the new ones. */
function joinSegments(known: readonly Segment[], added: readonly Segment[], fromEpoch: number): Segment[] {
  const kept = known
    .filter((segment) => segment.fromEpoch < fromEpoch)
    .map((segment) => ({ ...segment, toEpoch: Math.min(segment.toEpoch, fromEpoch) }));
  return [...kept, ...added].slice(-limits.segmentsMax);
}

/** The first result of a trial counts: it goes to an evaluator, and any other lease of it ends. */
export function trainingResulted(context: Context, lease: TrainLease, outcome: TrainOutcome): void {
  const { state, now } = context;
  const trial = trialOf(state, lease.trialId);
  const worker = state.workers.get(lease.workerId);
  sampleLast(context, lease, 1);
  dropLease(context, lease, 'settled');
  const toEpoch = outcome.segments.at(-1)?.toEpoch ?? lease.attempt.fromEpoch;
  trial.claim = storeAttempt(context, { ...lease.attempt, toEpoch, endedAt: now });
  supersede(context, trial);
  updateTrial(context, trial, {
    state: 'verifying',
    checkpoint: null,
    workerId: lease.workerId,
    backend: worker?.row.backend ?? null,
    claimedScore: outcome.score,
    measures: outcome.measures ?? {},
    validationMse: outcome.validationMse,
    weights: outcome.weights,
    segments: joinSegments(trial.row.segments, outcome.segments, outcome.segments[0]?.fromEpoch ?? 0),
    images: outcome.images,
    durationMs: outcome.durationMs,
  });
  queueVerification(state, trial);
  settle(context, lease.workerId, lease, null);
}

/** The last sample of a lease's speed; the whole lease, where none was taken before. */
function sampleLast({ state, now }: Context, lease: TrainLease, fraction: number): void {
  if (lease.sampledAt === null && now - lease.grantedAt >= limits.speedSampleMs) {
    lease.sampledAt = lease.grantedAt;
    lease.sampledFraction = lease.fractionAtStart;
  }
  sampleSpeed(state, lease, fraction);
}

/** Ends what else is live of a trial. */
function supersede(context: Context, trial: Trial): void {
  for (const other of liveLeases(context, trial)) {
    const error = leaseEnds.superseded;
    endTraining(context, other, { state: 'superseded', end: 'superseded', error });
    revokeLease(context, other, error);
  }
}

function liveLeases(context: Context, trial: Trial): TrainLease[] {
  return [...trial.leases].map((leaseId) => context.state.leases.get(leaseId) as TrainLease);
}

export interface Ending {
  readonly state: Exclude<AttemptState, 'running'>;
  /** Answers whoever names the lease later. */
  readonly end: LeaseEnd;
  /** What is stored with the attempt; null where it just ended. */
  readonly error: Refusal | null;
}

/** Ends a live training lease and its attempt; what becomes of the trial is the caller's. */
export function endTraining(context: Context, lease: TrainLease, ending: Ending): void {
  dropLease(context, lease, ending.end);
  storeAttempt(context, {
    ...lease.attempt,
    state: ending.state,
    toEpoch: Math.max(lease.attempt.fromEpoch, lease.epoch),
    errorCode: ending.error?.code ?? null,
    errorMessage: ending.error?.message ?? null,
    endedAt: context.now,
  });
}

/** The worker died or fell silent. Nobody's fault: no error is counted, and no cell counts as visited. */
export function trainingLost(context: Context, lease: TrainLease): void {
  const trial = trialOf(context.state, lease.trialId);
  const error = { code: trialErrorCodes.workerLost, message: 'no sign of life until the deadline of the lease' };
  endTraining(context, lease, { state: 'lost', end: 'expired', error });
  settleUntrained(context, trial);
}

/** Handed back in order, by a worker that leaves or after a pause. */
export function trainingReleased(
  context: Context,
  lease: TrainLease,
  handBack: { readonly checkpoint: CheckpointRef | null; readonly reason: string; readonly rung?: RungFigure | null },
): void {
  const trial = trialOf(context.state, lease.trialId);
  if (handBack.checkpoint !== null) {
    lease.epoch = Math.max(lease.epoch, handBack.checkpoint.epoch);
    checkpointed(context, lease, handBack.checkpoint);
  }
  endTraining(context, lease, { state: 'released', end: 'released', error: null });
  if (handBack.rung && isAwaited(trial, handBack.rung.epoch)) {
    sampleLast(context, lease, targetFraction(trial.row));
    supersede(context, trial);
    rungReached(context, trial, handBack.rung);
  }
  settleUntrained(context, trial);
}

/** The worker could not train it: one more error, and another worker's turn where there is one. */
export function trainingErred(context: Context, lease: TrainLease, error: Refusal): void {
  const trial = trialOf(context.state, lease.trialId);
  endTraining(context, lease, { state: 'failed', end: 'settled', error });
  // A lease that errs without getting past the checkpoint it began with may have been misled by it.
  const restart = trial.row.checkpoint !== null && trial.row.checkpoint.epoch <= lease.attempt.fromEpoch;
  countError(context, trial, { workerId: lease.workerId, ...error, restart });
  settleUntrained(context, trial);
}
