import type { CheckpointRef, Digest, LeaseKey, Outcome, TrialId, Work } from '@gradpool/protocol';
import { simDigest, simEmbedding, simLane } from './sim-plan.ts';
import type { SimLease, SimWorker, World, WorkerEvent } from './sim-world.ts';

export function epochsOf(work: Extract<Work, { kind: 'train' }>): number {
  return Number(work.spec['epochs']);
}

export function fractionOf(world: World, worker: SimWorker, lease: SimLease): number {
  if (worker.temper === 'stuck' && !world.quiet) return lease.fractionAtStart;
  if (lease.work.kind !== 'train') return 0;
  const cost = costOf(world, lease.work.trialId);
  const done = ((world.agenda.now - lease.startedAt) * worker.speed) / 1000;
  return Math.min(stopFraction(lease.work), lease.fractionAtStart + done / cost);
}

/** Share of the trial at which a training lease ends. */
export function stopFraction(work: Extract<Work, { kind: 'train' }>): number {
  return work.stopAfter === undefined ? 1 : work.stopAfter / epochsOf(work);
}

/** At a rung: a checkpoint, and an error that depends on the trial and the epoch alone, so that copies agree. */
export function stopOf(world: World, worker: SimWorker, lease: SimLease): WorkerEvent {
  const release = releaseOf(worker, lease.key, checkpointOf(world, worker, lease));
  const { work } = lease;
  if (work.kind !== 'train' || work.stopAfter === undefined || release.type !== 'released') return release;
  const place = Number(work.spec['latent']) * 7 + Number(work.spec['seed']) * 3 + work.stopAfter * 5;
  return { ...release, rung: { epoch: work.stopAfter, validation: 0.01 * (1 + (place % 11)) } };
}

export function costOf(world: World, trialId: TrialId): number {
  const cellId = world.store.trial.get(trialId)?.cellId ?? '';
  return world.store.cell.get(cellId)?.cost ?? 1;
}

export function checkpointOf(world: World, worker: SimWorker, lease: SimLease): CheckpointRef | null {
  const { work } = lease;
  if (work.kind !== 'train') return null;
  // A hair more, since 3 / 20 of 20 epochs may be a hair less than 3.
  const epoch = Math.floor(fractionOf(world, worker, lease) * epochsOf(work) + 1e-9);
  if (epoch === 0) return null;
  return { epoch, artifact: { sha256: simDigest(6, epoch), bytes: 8 }, numericClass: worker.numericClass };
}

export function releaseOf(worker: SimWorker, lease: LeaseKey, checkpoint: CheckpointRef | null): WorkerEvent {
  return { type: 'released', workerId: worker.workerId, lease, reason: 'leaving', checkpoint };
}

export function errorOf(worker: SimWorker, lease: LeaseKey): WorkerEvent {
  return { type: 'erred', workerId: worker.workerId, lease, code: 'E_NAN_LOSS', message: 'the loss became NaN' };
}

export function resultOf(world: World, worker: SimWorker, lease: SimLease): WorkerEvent {
  const { work, key } = lease;
  if (work.kind === 'micro') return microResultOf(world, worker, lease);
  if (work.kind === 'lane') return laneResultOf(world, worker, lease);
  if (work.kind !== 'train') return errorOf(worker, key);
  const misled = !world.quiet;
  const score = 0.01 + world.random.next() * 0.01;
  const sha256: Digest = simDigest(8, world.artifacts.size + 1);
  world.artifacts.set(sha256, misled && worker.temper === 'garbler' ? null : score);
  const epochs = epochsOf(work);
  const fromEpoch = Math.min(epochs, work.resume?.epoch ?? 0);
  const outcome: Outcome = {
    kind: 'train',
    score: misled && worker.temper === 'liar' ? score / 2 : score * (1 + 0.004 * world.random.next()),
    validationMse: null,
    weights: { sha256, bytes: 16 },
    segments: [{ worker: worker.name, fromEpoch, toEpoch: epochs, numericClass: worker.numericClass }],
    images: 100,
    durationMs: world.agenda.now - lease.startedAt,
  };
  return { type: 'resulted', workerId: worker.workerId, lease: key, outcome };
}

function microResultOf(world: World, worker: SimWorker, { work, key }: SimLease): WorkerEvent {
  if (work.kind !== 'micro') return errorOf(worker, key);
  const { trialId, round, from, to } = work;
  world.pooling.sums.set(key.leaseId, { trialId, round, from, to });
  const stated = !world.quiet && worker.temper === 'liar' && world.random.chance(0.3) ? round + 1 : round;
  const outcome: Outcome = {
    ...{ kind: 'micro', round: stated, sum: null },
    ...{ loss: 0.1, images: to - from, durationMs: 1 },
  };
  return { type: 'resulted', workerId: worker.workerId, lease: key, outcome };
}

function laneResultOf(world: World, worker: SimWorker, { work, key }: SimLease): WorkerEvent {
  if (work.kind !== 'lane') return errorOf(worker, key);
  const { trialId, round, lane, steps } = work;
  world.pooling.parts.set(key.leaseId, { trialId, round, lane });
  const lies = !world.quiet && worker.temper === 'liar' && world.random.chance(0.3);
  const outcome: Outcome = {
    ...{ kind: 'lane', round: lies ? round + 1 : round, delta: null },
    ...{ loss: 0.1, images: simLane.batch * steps * (lies ? 100 : 1), durationMs: 1 },
  };
  return { type: 'resulted', workerId: worker.workerId, lease: key, outcome };
}

export function evaluationOf(world: World, work: Work): Outcome {
  if (work.kind === 'baseline') {
    const missing = !world.quiet && world.random.chance(0.1) ? 1 : 0;
    const values = work.tasks.slice(missing).map((task) => ({ ...task, testMse: 0.05 }));
    return { kind: 'baseline', values, durationMs: 10 };
  }
  if (work.kind === 'embed') return { kind: 'embed', ...simEmbedding, durationMs: 10 };
  if (work.kind === 'validate') return { kind: 'validate', validationMse: 0.03, durationMs: 10 };
  if (work.kind !== 'verify') throw new Error('an evaluator was asked to train');
  const score = world.artifacts.get(work.weights.sha256) ?? null;
  return {
    kind: 'verify',
    score,
    measures: {},
    details: null,
    reason: score === null ? 'not finite' : null,
    durationMs: 10,
  };
}
