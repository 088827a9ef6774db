import type { Outcome } from '@gradpool/protocol';
import { noteLosses } from './collapse.ts';
import type { Context } from './context.ts';
import { order, settle } from './context.ts';
import { dropLease, freshLease, grantLease, revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { freeLane, freeLease, type LocalStart, mayTakePart, noteGivenOut, takeCounted } from './pooled-lanes.ts';
import { noteContribution, type PooledRun, type RoundStart, runOf } from './pooled-run.ts';
import { leaseEnds, refusalCodes, type LeaseEnd } from './refusals.ts';
import { samplePooledSpeed, speedOf } from './speed.ts';
import { epochsOf } from './trial-epochs.ts';
import type { LaneLease, State, Trial, Worker } from './state.ts';
import { must } from './state.ts';
import { sweepOfTrial, trialOf } from './trials.ts';

type LaneOutcome = Extract<Outcome, { kind: 'lane' }>;
type LocalRound = RoundStart & { readonly local: LocalStart };

function roundOf({ start }: PooledRun): LocalRound {
  return must(start?.local ? (start as LocalRound) : null, 'the round of a run in local mode');
}

/** A round begins: it is as long as the fastest worker needs for all steps, so that everyone is at work all the time. */
export function beginLanes(context: Context, trial: Trial): void {
  const { state, now } = context;
  const run = runOf(trial);
  const { lanes } = run;
  const { local, images } = roundOf(run);
  lanes.next = Math.max(lanes.next, images);
  dropLate(context, run);
  lanes.held = lanes.held.filter(({ leaseId, workerId }) => leaseId !== null || state.trainers.has(workerId));
  const rates = [...state.trainers].flatMap((workerId) => {
    const worker = must(state.workers.get(workerId), `worker ${workerId}`);
    return Array.from({ length: worker.slots }, () => stepsPerMs(context, trial, worker));
  });
  const allStepsMs = local.stepsMax / typicalFastest(rates);
  lanes.beganAt = now;
  lanes.roundMs = Math.min(limits.laneRoundMsMax, allStepsMs);
  lanes.planned = rates.reduce((sum, rate) => sum + local.batch * stepsWithin(local, rate, lanes.roundMs), 0);
}

/** One that says it were a hundred times as fast as the others must not make the rounds too short for them. */
function typicalFastest(rates: readonly number[]): number {
  const sorted = rates.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return Math.min(sorted.at(-1) ?? 0, limits.laneSpeedRatioMax * median);
}

function stepsWithin({ stepsMax }: LocalStart, rate: number, ms: number): number {
  return Math.max(1, Math.min(stepsMax, Math.round(rate * ms)));
}

/**
 * Steps a ms of one slot: by its last part of this run, transfers included, else by its speed at large; but no more than what it is
 * still at shows, or a part that came to nothing. One that was taken for too fast would else keep the rounds too short to ever answer in time.
 */
function stepsPerMs(context: Context, trial: Trial, worker: Worker): number {
  const run = runOf(trial);
  const { local } = roundOf(run);
  const measured = run.contributors.get(worker.row.workerId)?.imagesPerSecond ?? 0;
  const rate = measured > 0 ? measured / 1000 : speedOf(worker) / 1000 / imageCost(trial);
  return Math.min(rate, imagesPerMsMax(context, run, worker)) / local.batch;
}

function imagesPerMsMax({ state, now }: Context, { lanes }: PooledRun, { row }: Worker): number {
  let most = Infinity;
  for (const { workerId, leaseId, images, imagesPerMsMax: shown } of lanes.held) {
    if (workerId !== row.workerId) continue;
    const lease = leaseId && state.leases.get(leaseId);
    most = Math.min(most, lease ? images / Math.max(1, now - lease.grantedAt) : shown);
  }
  return most;
}

/** Flops of one image. */
function imageCost(trial: Trial): number {
  return Math.max(1, trial.cell.cost / Math.max(1, roundOf(runOf(trial)).local.imagesTotal));
}

/** Gives an idle worker its part of the open round; false where it has had it, or too little of the round is left. */
export function giveLane(context: Context, worker: Worker, trial: Trial): boolean {
  const run = runOf(trial);
  const { lanes } = run;
  const start = roundOf(run);
  // Nobody waits for a round that nobody is in, or nobody who will end it.
  if (lanes.counted.length === 0 && isDue(context, run)) lanes.beganAt = context.now;
  const leftMs = lanes.beganAt + lanes.roundMs - context.now;
  if (leftMs < limits.laneShareMin * lanes.roundMs) return false;
  const lane = freeLane(lanes, worker.row.workerId, worker.slots, start.round);
  if (lane === null) return false;
  const steps = stepsWithin(start.local, stepsPerMs(context, trial, worker), leftMs);
  const first = lanes.next;
  lanes.next += steps * start.local.batch;
  const lease = grantLane(context, { worker, trial, lane: lane.lane, first, steps });
  lane.round = start.round;
  lane.leaseId = lease.leaseId;
  lane.images = lease.imagesMax;
  noteGivenOut(lanes, start.round, lease.imagesMax);
  return true;
}

/** Whether the open round has a part for a worker that does not ask. */
export function laneWaits(state: State, run: PooledRun, worker: Worker): boolean {
  const { lanes } = run;
  if (laneGapMs(state, run) < limits.laneShareMin * lanes.roundMs) return false;
  return mayTakePart(lanes, worker.row.workerId, worker.slots, roundOf(run).round);
}

/** Planned ms until the next round, for one that has had its part of the open one. */
export const laneGapMs = ({ now }: State, { lanes }: PooledRun): number => lanes.beganAt + lanes.roundMs - now;

interface Grant {
  readonly worker: Worker;
  readonly trial: Trial;
  readonly lane: number;
  readonly first: number;
  readonly steps: number;
}

function grantLane(context: Context, { worker, trial, lane, first, steps }: Grant): LaneLease {
  const { state } = context;
  const { trialId, sweepId, spec } = trial.row;
  const run = runOf(trial);
  const { round, epoch, parameters, images, local } = roundOf(run);
  state.sequence += 1;
  const lease: LaneLease = {
    ...freshLease(context),
    ...{ kind: 'lane', fence: state.sequence, workerId: worker.row.workerId, sweepId, trialId },
    ...{ run: run.run, round, lane, imagesMax: steps * local.batch, epoch, epochs: epochsOf(trial.row) ?? 0 },
    ...{ fraction: Math.min(1, images / local.imagesTotal), loss: run.loss },
    imagesPerSecond: run.contributors.get(worker.row.workerId)?.imagesPerSecond ?? 0,
    deadlineMax: context.now + limits.microLeaseMsMax,
  };
  const { dataset } = sweepOfTrial(state, trial).row;
  grantLease(context, worker, lease, {
    ...{ kind: 'lane', sweepId, trialId, spec, dataset, round, lane, first, steps, parameters },
    ...{ msMax: limits.laneRoundMsMax, done: images, planned: run.lanes.planned, changes: [...local.changes] },
  });
  return lease;
}

/** A part counts once, in the round in which it comes. */
export function laneResulted(context: Context, lease: LaneLease, outcome: LaneOutcome): void {
  const { state, now } = context;
  const { workerId, leaseId, round, lane } = lease;
  if (outcome.round !== round) {
    const message = `the lease is of round ${round}, the answer of round ${outcome.round}; send the right one`;
    return settle(context, workerId, lease, { code: refusalCodes.outcomeKind, message });
  }
  const trial = trialOf(state, lease.trialId);
  const run = runOf(trial);
  if (nextRound(run) - round > roundOf(run).local.stalenessMax) return refuseLate(context, run, lease);
  // More than were asked for would give it more weight than it has earned.
  const images = Math.max(1, Math.min(outcome.images, lease.imagesMax));
  samplePooledSpeed(state, lease, images * imageCost(trial));
  dropLease(context, lease, 'settled');
  freeLease(run.lanes, leaseId, Infinity);
  noteGivenOut(run.lanes, round, images - lease.imagesMax);
  run.lanes.counted.push({ workerId, leaseId, lane, round, loss: outcome.loss, images });
  const worker = must(state.workers.get(workerId), `worker ${workerId}`);
  noteContribution(run, lease, {
    ...{ numericClass: worker.row.numericClass, images, parts: images, durationMs: outcome.durationMs, now },
  });
  worker.errorsInRow = 0;
  settle(context, workerId, lease, null);
  averageLanes(context, trial);
}

/** The worker is gone, or handed the lease back: its lane may take part anew, and the others need not wait for it. */
export function laneLost(context: Context, lease: LaneLease, end: LeaseEnd): void {
  dropLease(context, lease, end);
  const trial = trialOf(context.state, lease.trialId);
  const { pool } = trial;
  if (pool?.run !== lease.run) return;
  const lane = pool.lanes.held.find(({ leaseId }) => leaseId === lease.leaseId);
  if (lane) Object.assign(lane, { leaseId: null, round: -1 });
  noteGivenOut(pool.lanes, lease.round, -lease.imagesMax);
  averageLanes(context, trial);
}

/** Orders the average once every lane of the round has answered, or the last ones are too late to be waited for. */
export function averageLanes(context: Context, trial: Trial): void {
  const run = runOf(trial);
  const { lanes, start, phase } = run;
  if (phase !== 'open' || !start?.local || lanes.counted.length === 0) return;
  if (!isDue(context, run)) return;
  run.phase = 'reducing';
  const { updates, share } = takeCounted(lanes, start.round, start.local.stalenessMax);
  noteLosses(run, updates);
  order(context, { kind: 'average', trialId: trial.row.trialId, run: run.run, round: start.round, updates, share });
}

/** Whether too little is at work for the present round to wait for it, or all of it has taken too long. */
function isDue({ now }: Context, { lanes, start }: PooledRun): boolean {
  if (now >= lanes.beganAt + limits.laneGraceRatio * lanes.roundMs + limits.laneGraceMs) return true;
  const summed = (list: readonly { readonly round: number; readonly images: number }[]): number =>
    list.reduce((sum, { round, images }) => sum + (round === start?.round ? images : 0), 0);
  const [done, atWork] = [summed(lanes.counted), summed(lanes.held.filter(({ leaseId }) => leaseId !== null))];
  return done >= limits.laneQuorumShare * (done + atWork);
}

/** The round whose average a part that comes now counts in. */
function nextRound({ phase, start }: PooledRun): number {
  return (start?.round ?? 0) + (phase === 'reducing' ? 1 : 0);
}

/** Images a ms that a lease which came too late was done with at most. */
function shownBy({ now }: Context, { imagesMax, grantedAt }: LaneLease): number {
  return imagesMax / Math.max(1, now - grantedAt);
}

function refuseLate(context: Context, run: PooledRun, lease: LaneLease): void {
  freeLease(run.lanes, lease.leaseId, shownBy(context, lease));
  run.lanes.late += 1;
  dropLease(context, lease, 'late');
  settle(context, lease.workerId, lease, leaseEnds.late);
}

/** What would come too late to count is not worth going on with. */
function dropLate(context: Context, run: PooledRun): void {
  const { local, round } = roundOf(run);
  for (const lane of run.lanes.held) {
    if (lane.leaseId === null || lane.round >= round - local.stalenessMax) continue;
    const lease = must(context.state.leases.get(lane.leaseId), `lease ${lane.leaseId}`);
    freeLease(run.lanes, lane.leaseId, lease.kind === 'lane' ? shownBy(context, lease) : Infinity);
    run.lanes.late += 1;
    dropLease(context, lease, 'late');
    revokeLease(context, lease, leaseEnds.late);
  }
}
