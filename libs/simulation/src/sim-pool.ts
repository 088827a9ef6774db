import type { Event, PoolOrder } from '@gradpool/coordination';
import type { ArtifactRef, Digest, LeaseId, SpecJson, TrialId } from '@gradpool/protocol';
import { after } from './agenda.ts';
import { fail } from './ledger.ts';
import { simDigest, simLane, type SimPooled } from './sim-plan.ts';
import type { World } from './sim-world.ts';

/** What the vectors of pooled runs are here: only which round they belong to, which is all that has to be right. */
export interface SimPooling {
  /** What workers answered, by lease. */
  readonly sums: Map<
    LeaseId,
    { readonly trialId: TrialId; readonly round: number; readonly from: number; readonly to: number }
  >;
  /** What lanes were given and answered, by lease. */
  readonly parts: Map<LeaseId, { readonly trialId: TrialId; readonly round: number; readonly lane: number }>;
  /** On disk: outlives a crash. */
  readonly checkpoints: Map<Digest, { readonly trialId: TrialId; readonly round: number; readonly images: number }>;
  /** In memory: the runs that the shell holds. */
  readonly live: Map<TrialId, SimRun>;
  /** In memory: parameters held for evaluators, by digest. */
  readonly held: Map<Digest, TrialId>;
  /** Rounds reduced, for the report, and those of them in local mode. */
  rounds: number;
  localRounds: number;
}

interface SimRun {
  readonly run: number;
  round: number;
  /** Counted in local mode. */
  images: number;
  readonly pooled: SimPooled;
  readonly epochs: number;
  /** `round lane` of every part that counted. */
  readonly counted: Set<string>;
  /** Whole epochs told of. */
  toldEpoch: number;
}

export function createPooling(): SimPooling {
  return {
    sums: new Map(),
    parts: new Map(),
    checkpoints: new Map(),
    live: new Map(),
    held: new Map(),
    rounds: 0,
    localRounds: 0,
  };
}

export function pooledOf(spec: SpecJson): SimPooled | null {
  return (spec['pooled'] as SimPooled | undefined) ?? null;
}

/** Carries an order out after a while, unless the coordinator has died meanwhile; `accept` feeds the answer back. */
export function carryOut(world: World, order: PoolOrder, accept: (event: Event) => void): void {
  const { coordinator, random, agenda } = world;
  const { life } = coordinator;
  after(agenda, random.between(0, 60), () => {
    if (coordinator.life !== life || coordinator.state === null) return;
    if (order.kind === 'forget') return letGo(world, order);
    if (order.kind === 'open') open(world, order, accept);
    else if (order.kind === 'reduce') reduce(world, order, accept);
    else if (order.kind === 'average') average(world, order, accept);
    else close(world, order, accept);
  });
}

function open(world: World, order: Extract<PoolOrder, { kind: 'open' }>, accept: (event: Event) => void): void {
  const { trialId, run, spec, checkpoint } = order;
  const { live, checkpoints } = world.pooling;
  const pooled = pooledOf(spec);
  if (pooled === null) return fail(world, 'micro-once', `trial ${trialId} was opened though it is not pooled`);
  const known = checkpoint === null ? { trialId, round: 0, images: 0 } : checkpoints.get(checkpoint.sha256);
  if (known?.trialId !== trialId)
    return fail(world, 'round-forward', `trial ${trialId} opens from a foreign checkpoint`);
  const before = live.get(trialId);
  if (before !== undefined && before.run >= run) fail(world, 'round-forward', `run ${run} opens after ${before.run}`);
  const { round, images } = known;
  live.set(trialId, { run, round, images, pooled, epochs: Number(spec['epochs']), counted: new Set(), toldEpoch: 0 });
  announce(world, trialId, null, accept);
}

/** [micro-once] The updates of a round are all of its micro-batches, each exactly once, and made for this round. */
function reduce(world: World, order: Extract<PoolOrder, { kind: 'reduce' }>, accept: (event: Event) => void): void {
  const { trialId, run, round, updates } = order;
  const { live, sums } = world.pooling;
  const held = live.get(trialId);
  if (held?.run !== run) return;
  if (held.round !== round)
    fail(world, 'round-forward', `round ${round} of ${trialId} is reduced in round ${held.round}`);
  let next = 0;
  for (const { from, to, leaseId } of updates.toSorted((a, b) => a.from - b.from)) {
    const made = sums.get(leaseId);
    if (from !== next || to <= from)
      fail(world, 'micro-once', `slice ${from} to ${to} of round ${round} follows ${next}`);
    const right = made?.trialId === trialId && made.round === round && made.from === from && made.to === to;
    if (!right) fail(world, 'micro-once', `round ${round} counts ${JSON.stringify(made)} as ${from} to ${to}`);
    next = to;
  }
  if (next !== held.pooled.microBatches) fail(world, 'micro-once', `round ${round} has ${next} micro-batches`);
  held.round += 1;
  world.pooling.rounds += 1;
  const kept = held.round < held.pooled.rounds && world.random.chance(0.2) ? keep(world, trialId, held) : null;
  announce(world, trialId, kept, accept);
}

/** [lane-once] [staleness] No lane counts twice for a round, and nothing counts that is older than the run allows. */
function average(world: World, order: Extract<PoolOrder, { kind: 'average' }>, accept: (event: Event) => void): void {
  const { trialId, run, round, updates } = order;
  const { live, parts } = world.pooling;
  const held = live.get(trialId);
  if (held?.run !== run) return;
  if (held.round !== round)
    fail(world, 'round-forward', `round ${round} of ${trialId} is averaged in round ${held.round}`);
  if (updates.length === 0) fail(world, 'lane-once', `round ${round} of ${trialId} is the average of nothing`);
  for (const { leaseId, lane, round: from, images } of updates) {
    const part = parts.get(leaseId);
    const right = part?.trialId === trialId && part.round === from && part.lane === lane;
    if (!right) fail(world, 'lane-once', `round ${round} counts ${JSON.stringify(part)} as lane ${lane} of ${from}`);
    if (held.counted.has(`${from} ${lane}`)) fail(world, 'lane-once', `lane ${lane} of round ${from} counts twice`);
    held.counted.add(`${from} ${lane}`);
    const age = round - from;
    if (age < 0 || age > held.pooled.stalenessMax) fail(world, 'staleness', `round ${round} counts one of ${from}`);
    const most = simLane.batch * simLane.stepsMax;
    if (images < 1 || images > most) fail(world, 'lane-once', `lane ${lane} counts with ${images} images of ${most}`);
    held.images += images;
  }
  held.round += 1;
  world.pooling.rounds += 1;
  world.pooling.localRounds += 1;
  announce(world, trialId, !isOver(held) && world.random.chance(0.2) ? keep(world, trialId, held) : null, accept);
}

function close(world: World, order: Extract<PoolOrder, { kind: 'close' }>, accept: (event: Event) => void): void {
  const { trialId, run } = order;
  const { live } = world.pooling;
  const held = live.get(trialId);
  if (held?.run !== run) return;
  live.delete(trialId);
  if (!order.keep || held.round === 0) return;
  const checkpoint = keep(world, trialId, held);
  accept({ type: 'runClosed', trialId, epoch: epochAt(held), checkpoint });
}

function announce(
  world: World,
  trialId: TrialId,
  checkpoint: ArtifactRef | null,
  accept: (event: Event) => void,
): void {
  const { live } = world.pooling;
  const held = live.get(trialId);
  if (held === undefined) return;
  const { run, round, pooled } = held;
  const over = isOver(held);
  const start = {
    ...{ round, rounds: pooled.rounds, epoch: epochAt(held), images: held.images, parameters: null },
    digest: simDigest(5, round),
    microBatches: over || pooled.mode === 'local' ? 0 : pooled.microBatches,
    local: pooled.mode === 'exact' ? null : localStart(pooled),
  };
  const weights = over ? finalWeights(world, trialId) : null;
  const toValidate = over ? null : hold(world, trialId, held);
  accept({ type: 'roundReady', trialId, run, start, checkpoint, weights, toValidate, bytes: { up: 0, down: 0 } });
}

const localStart = ({ rounds, stalenessMax }: SimPooled) => ({
  ...{ imagesTotal: imagesOf(rounds), stalenessMax, changes: [], ...simLane },
});

/** Of a run in local mode: about so many rounds of a few workers. */
const imagesOf = (rounds: number): number => 2 * rounds * simLane.batch * simLane.stepsMax;

const isOver = ({ pooled, round, images }: SimRun): boolean =>
  pooled.mode === 'exact' ? round >= pooled.rounds : images >= imagesOf(pooled.rounds);

function epochAt({ round, images, pooled, epochs }: SimRun): number {
  const share = pooled.mode === 'exact' ? round / pooled.rounds : images / imagesOf(pooled.rounds);
  return Math.floor(Math.min(1, share) * epochs);
}

/** The parameters after an epoch that has just ended, for an evaluator. */
function hold(world: World, trialId: TrialId, run: SimRun): { epoch: number; parameters: ArtifactRef } | null {
  const epoch = epochAt(run);
  if (epoch <= run.toldEpoch) return null;
  run.toldEpoch = epoch;
  world.drawn += 1;
  const sha256 = simDigest(7, world.drawn);
  world.pooling.held.set(sha256, trialId);
  return { epoch, parameters: { sha256, bytes: 16 } };
}

/** [held-once] */
function letGo(world: World, { trialId, parameters }: Extract<PoolOrder, { kind: 'forget' }>): void {
  const { held } = world.pooling;
  if (held.get(parameters.sha256) !== trialId) fail(world, 'held-once', `${trialId} forgets what is not held for it`);
  held.delete(parameters.sha256);
}

/** One digest per trial, whatever happened on the way: the sum of what was counted is always the same. */
function finalWeights(world: World, trialId: TrialId): ArtifactRef {
  const sha256 = simDigest(8, 1_000_000_000 + Number.parseInt(trialId.slice(-10), 16));
  world.artifacts.set(sha256, 0.02);
  return { sha256, bytes: 16 };
}

function keep(world: World, trialId: TrialId, { round, images }: SimRun): ArtifactRef {
  const { checkpoints } = world.pooling;
  const sha256 = simDigest(6, 1_000_000 + checkpoints.size);
  checkpoints.set(sha256, { trialId, round, images });
  return { sha256, bytes: 16 };
}
