import type { Outcome, Segment } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { order, settle, sweepChanged } from './context.ts';
import { countError } from './errors.ts';
import type { Event } from './events.ts';
import { dropLease, freshLease, grantLease, revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import {
  beginRound,
  giveBack,
  isCounted,
  type LeasedSlice,
  newRun,
  type PooledRun,
  type Slice,
  takeSlice,
  waitingMicroBatches,
} from './pooled-run.ts';
import { leaseEnds, pausedLease, refusalCodes, type LeaseEnd, type Refusal } from './refusals.ts';
import { epochsOf, poolSpeed, sampleMicroSpeed, speedOf } from './speed.ts';
import type { MicroLease, State, Trial, Worker } from './state.ts';
import { must } from './state.ts';
import { settleUntrained, sweepOfTrial, trialOf, updateTrial } from './trials.ts';
import { queueVerification } from './verification.ts';

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;
type MicroOutcome = Extract<Outcome, { kind: 'micro' }>;

export function isPooled(trial: Trial): boolean {
  return trial.row.spec['pooled'] !== undefined;
}

/** A waiting pooled trial begins: the shell makes its parameters ready, from its checkpoint where it has one. */
export function openRun(context: Context, trial: Trial): void {
  const { state, now } = context;
  sweepOfTrial(state, trial).served += trial.remaining + 1;
  reopenRun(context, trial);
  const { startedAt } = trial.row;
  updateTrial(context, trial, { state: 'running', attempts: trial.row.attempts + 1, startedAt: startedAt ?? now });
}

/** After a restart: a run that the store holds as running goes on from its checkpoint. */
export function reopenRun(context: Context, trial: Trial): void {
  const { state, now } = context;
  state.sequence += 1;
  trial.pool = newRun(state.sequence, now);
  state.pools.add(trial.row.trialId);
  orderOpen(context, trial, trial.pool.run);
}

function orderOpen(context: Context, trial: Trial, run: number): void {
  const { trialId, spec, checkpoint } = trial.row;
  const { dataset } = sweepOfTrial(context.state, trial).row;
  order(context, { kind: 'open', trialId, run, spec, dataset, checkpoint: checkpoint?.artifact ?? null });
}

/** Gives an idle worker a part of some open round, or a copy of what a slow one has; false where there is neither. */
export function giveMicroBatches(context: Context, worker: Worker): boolean {
  for (const trialId of context.state.pools) {
    const trial = trialOf(context.state, trialId);
    const run = runOf(trial);
    if (run.phase !== 'open' || sweepOfTrial(context.state, trial).row.state !== 'running') continue;
    const slice = takeSlice(run, shareOf(context.state, run, worker));
    if (slice !== null) {
      run.served.set(worker.row.workerId, servedTo(run, worker) + 1);
      grantSlice(context, { worker, trial, slice: leasedSlice(run, slice, context.now), copy: false });
      return true;
    }
    const slow = slowSlice(context.state, trial, worker);
    if (slow === null) continue;
    grantSlice(context, { worker, trial, slice: slow, copy: true });
    return true;
  }
  return false;
}

const servedTo = ({ served }: PooledRun, { row }: Worker): number => served.get(row.workerId) ?? 0;

function leasedSlice(run: PooledRun, { from, to }: Slice, now: number): LeasedSlice {
  const leased: LeasedSlice = { from, to, leases: [], grantedAt: now, update: null };
  run.leased.push(leased);
  return leased;
}

/**
 * Most of this worker's fair share of the round at first, and then half its share of what is left: few transfers, and small
 * leases at the end, so that all end together.
 */
function shareOf(state: State, run: PooledRun, worker: Worker): number {
  const waiting = waitingMicroBatches(run);
  if (state.trainers.size === 1 && worker.slots === 1) return waiting;
  const share = speedOf(worker) / Math.max(speedOf(worker), poolSpeed(state).flopsPerSecond);
  const first = servedTo(run, worker) < worker.slots;
  const due = first ? limits.microFirstShare * (run.start?.microBatches ?? 0) * share : (waiting * share) / 2;
  return Math.max(1, Math.round(due));
}

/** The slice longest in the hands of one other worker, once this one would have done it twice over. */
function slowSlice(state: State, trial: Trial, worker: Worker): LeasedSlice | null {
  const { leased } = runOf(trial);
  const [oldest] = leased;
  // Slices lie in the order of their leasing: mostly one look is enough, for every idle worker at every event.
  if (!oldest || state.now - oldest.grantedAt <= limits.microCopyMsMin) return null;
  const ownMsEach = (1000 * microCost(trial)) / speedOf(worker);
  let slow: LeasedSlice | null = null;
  for (const slice of leased) {
    if (slice.update !== null || slice.leases.length !== 1) continue;
    if (state.leases.get(slice.leases[0]!)?.workerId === worker.row.workerId) continue;
    const ownMs = (slice.to - slice.from) * ownMsEach;
    const late = state.now - slice.grantedAt > Math.max(limits.microCopyMsMin, limits.microCopyRatio * ownMs);
    if (late && (slow === null || slice.grantedAt < slow.grantedAt)) slow = slice;
  }
  return slow;
}

/** Flops of one micro-batch. */
function microCost(trial: Trial): number {
  const { start } = runOf(trial);
  return start === null ? 0 : trial.cell.cost / Math.max(1, start.rounds * start.microBatches);
}

interface Grant {
  readonly worker: Worker;
  readonly trial: Trial;
  readonly slice: LeasedSlice;
  readonly copy: boolean;
}

function grantSlice(context: Context, { worker, trial, slice, copy }: Grant): void {
  const { state } = context;
  const { trialId, sweepId, spec } = trial.row;
  const run = runOf(trial);
  const { round, rounds, epoch, parameters } = must(run.start, `round of trial ${trialId}`);
  const { from, to } = slice;
  state.sequence += 1;
  const lease: MicroLease = {
    ...freshLease(context),
    ...{ kind: 'micro', fence: state.sequence, workerId: worker.row.workerId, sweepId, trialId },
    ...{ run: run.run, round, from, to, copy, epoch, epochs: epochsOf(trial.row) ?? 0 },
    ...{ fraction: round / rounds, loss: run.loss },
    imagesPerSecond: run.contributors.get(worker.row.workerId)?.imagesPerSecond ?? 0,
    deadlineMax: context.now + limits.microLeaseMsMax,
  };
  slice.leases.push(lease.leaseId);
  const { dataset } = sweepOfTrial(state, trial).row;
  grantLease(context, worker, lease, {
    ...{ kind: 'micro', sweepId, trialId, spec, dataset },
    ...{ round, from, to, parameters, copy },
  });
}

/** A slice counts once: the first answer does, and another lease of it ends. */
export function microResulted(context: Context, lease: MicroLease, outcome: MicroOutcome): void {
  const { state } = context;
  const trial = trialOf(state, lease.trialId);
  const { workerId, leaseId, round, from, to } = lease;
  if (outcome.round !== round) {
    const message = `the lease is of round ${round}, the answer of round ${outcome.round}; send the right one`;
    return settle(context, workerId, lease, { code: refusalCodes.outcomeKind, message });
  }
  const run = runOf(trial);
  const worker = must(state.workers.get(workerId), `worker ${workerId}`);
  sampleMicroSpeed(state, lease, microCost(trial) * (to - from));
  dropLease(context, lease, 'settled');
  const slice = must(
    run.leased.find(({ leases }) => leases.includes(leaseId)),
    `slice of lease ${leaseId}`,
  );
  const { sum, loss, images } = outcome;
  slice.update = { workerId, from, to, sum, loss, images };
  run.contributors.set(workerId, {
    numericClass: worker.row.numericClass,
    images: (run.contributors.get(workerId)?.images ?? 0) + images,
    imagesPerSecond: (1000 * images) / Math.max(1, state.now - lease.grantedAt),
  });
  worker.errorsInRow = 0;
  for (const other of slice.leases) if (other !== leaseId) supersede(context, other);
  settle(context, workerId, lease, null);
  if (isCounted(run)) reduce(context, trial);
}

function supersede(context: Context, leaseId: MicroLease['leaseId']): void {
  const lease = context.state.leases.get(leaseId);
  if (lease?.kind !== 'micro') return;
  dropLease(context, lease, 'superseded');
  revokeLease(context, lease, leaseEnds.superseded);
}

function reduce(context: Context, trial: Trial): void {
  const run = runOf(trial);
  run.phase = 'reducing';
  const { round } = must(run.start, 'the round of a run');
  const updates = run.leased.map(({ update }) => must(update, 'the update of a counted slice'));
  const images = updates.reduce((sum, update) => sum + update.images, 0);
  run.loss = updates.reduce((sum, update) => sum + update.loss * update.images, 0) / Math.max(1, images);
  order(context, { kind: 'reduce', trialId: trial.row.trialId, run: run.run, round, updates });
}

/** The worker is gone, or handed the lease back. */
export function microLost(context: Context, lease: MicroLease, end: LeaseEnd): void {
  dropLease(context, lease, end);
  const { pool } = trialOf(context.state, lease.trialId);
  if (pool?.run === lease.run) giveBack(pool, lease.leaseId);
}

/** One bad worker must not fail a trial that others train well; a round that nobody can compute must end. */
export function microErred(context: Context, lease: MicroLease, error: Refusal): void {
  microLost(context, lease, 'settled');
  const trial = trialOf(context.state, lease.trialId);
  const run = runOf(trial);
  run.errors += 1;
  const fails = run.errors >= limits.roundErrorsMax;
  countError(context, trial, { workerId: lease.workerId, ...error, restart: fails, trial: fails });
  if (!fails) return;
  endRun(context, trial, leaseEnds.released);
  settleUntrained(context, trial);
}

/** The shell is ready for a round: the first of a run, or the next one. */
export function roundReady(context: Context, event: EventOf<'roundReady'>): void {
  const trial = runAwaiting(context, event);
  const run = trial?.pool;
  if (!trial || !run) return;
  const { start, checkpoint, weights } = event;
  if (checkpoint !== null) keepCheckpoint(context, trial, checkpoint, start.epoch);
  if (weights !== null) return finishRun(context, trial, { weights, images: start.images });
  beginRound(run, start, context.now);
  sweepChanged(context, trial.row.sweepId);
}

function keepCheckpoint(
  context: Context,
  trial: Trial,
  artifact: NonNullable<EventOf<'roundReady'>['checkpoint']>,
  epoch: number,
): void {
  const segments = segmentsOf(trial);
  const numericClass = segments[0]?.numericClass ?? 'none';
  updateTrial(context, trial, { checkpoint: { epoch, artifact, numericClass }, segments });
}

/** Everyone who contributed, over the whole run: who did which round is not kept. */
function segmentsOf(trial: Trial): Segment[] {
  const toEpoch = epochsOf(trial.row) ?? 0;
  const known = new Map(trial.row.segments.map((segment) => [`${segment.worker} ${segment.numericClass}`, segment]));
  for (const [worker, { numericClass }] of runOf(trial).contributors) {
    known.set(`${worker} ${numericClass}`, { worker, fromEpoch: 0, toEpoch, numericClass });
  }
  return [...known.values()].slice(-limits.segmentsMax);
}

function finishRun(context: Context, trial: Trial, trained: Pick<Trial['row'], 'weights' | 'images'>): void {
  const run = runOf(trial);
  updateTrial(context, trial, {
    state: 'verifying',
    checkpoint: null,
    ...trained,
    segments: segmentsOf(trial),
    durationMs: context.now - run.openedAt,
  });
  closeRun(context, trial, false);
  queueVerification(context.state, trial);
}

/** The shell could not go on: its data is not there, or the parameters are not finite any more. */
export function runFailed(context: Context, event: EventOf<'runFailed'>): void {
  const trial = runAwaiting(context, event);
  if (trial === null) return;
  endRun(context, trial, leaseEnds.released);
  const { code, message } = event;
  updateTrial(context, trial, {
    ...{ state: 'failed', errors: trial.row.errors + 1, errorCode: code },
    ...{ errorMessage: message.slice(0, limits.textCharsMax), finishedAt: context.now },
  });
}

/** A pause: workers stop, the trial waits again, and the shell says a little later from which checkpoint it can go on. */
export function pauseRun(context: Context, trial: Trial): void {
  updateTrial(context, trial, { segments: segmentsOf(trial) });
  dropLeases(context, trial, 'released', pausedLease);
  closeRun(context, trial, true);
  settleUntrained(context, trial);
}

/** Every checkpoint of a trial leads to the same bits, so one that comes late does no harm. */
export function runClosed(context: Context, event: EventOf<'runClosed'>): void {
  const trial = context.state.trials.get(event.trialId);
  if (trial === undefined || (trial.row.state !== 'waiting' && trial.row.state !== 'running')) return;
  const { epoch, checkpoint: artifact } = event;
  if (epoch < (trial.row.checkpoint?.epoch ?? 0)) return;
  const numericClass = trial.row.segments[0]?.numericClass ?? 'none';
  updateTrial(context, trial, { checkpoint: { epoch, artifact, numericClass } });
}

/** Ends a run at once, with nothing kept; what becomes of the trial is the caller's. */
export function endRun(context: Context, trial: Trial, why: Refusal): void {
  dropLeases(context, trial, 'cancelled', why);
  closeRun(context, trial, false);
}

function closeRun(context: Context, trial: Trial, keep: boolean): void {
  order(context, { kind: 'close', trialId: trial.row.trialId, run: runOf(trial).run, keep });
  forgetRun(context.state, trial);
}

function forgetRun(state: State, trial: Trial): void {
  trial.pool = null;
  state.pools.delete(trial.row.trialId);
}

function dropLeases(context: Context, trial: Trial, end: LeaseEnd, why: Refusal): void {
  for (const { leases } of runOf(trial).leased) {
    for (const leaseId of leases) {
      const lease = context.state.leases.get(leaseId);
      if (lease?.kind !== 'micro') continue;
      dropLease(context, lease, end);
      revokeLease(context, lease, why);
    }
  }
}

function runOf(trial: Trial): PooledRun {
  return must(trial.pool, `pooled run of trial ${trial.row.trialId}`);
}

/** The trial whose live run an answer of the shell is for; null for one that has ended meanwhile. */
function runAwaiting(context: Context, event: { readonly trialId: Trial['row']['trialId']; readonly run: number }) {
  const trial = context.state.trials.get(event.trialId);
  return trial?.pool?.run === event.run ? trial : null;
}
