import type { LeaseKey, MessageOf } from '@gradpool/protocol';
import { after } from './agenda.ts';
import { breakLink, openLink, sendUp } from './network.ts';
import {
  checkpointOf,
  costOf,
  epochsOf,
  errorOf,
  evaluationOf,
  fractionOf,
  releaseOf,
  resultOf,
  stopFraction,
  stopOf,
} from './sim-outcomes.ts';
import { forgedFence, simDigest } from './sim-plan.ts';
import type { DownMessage, Link, SimLease, SimWorker, World, WorkerEvent } from './sim-world.ts';

const heartbeatMs = 2_000;
const repeatMs = 5_000;
const progressMs = 1_500;
const memoriesMax = 8;

/** Joins, unless the coordinator is down; then and after every loss it tries again a little later. */
function join(world: World, worker: SimWorker): void {
  if (!worker.alive || worker.link !== null || worker.connecting) return;
  worker.connecting = true;
  const { life } = worker;
  after(world.agenda, world.random.between(50, 1_500), () => {
    if (worker.life !== life) return;
    worker.connecting = false;
    if (world.coordinator.state === null) return join(world, worker);
    const link = openLink(worker, world.agenda.now);
    worker.link = link;
    sendUp(world, link, { type: 'hello' });
    // A connection that brings no welcome is given up.
    after(world.agenda, 8_000, () => {
      if (!link.welcomed && link.open) breakLink(world, link);
    });
  });
}

export function closedDown(world: World, link: Link): void {
  const { worker } = link;
  if (worker.link !== link) return;
  worker.link = null;
  worker.asked = 0;
  join(world, worker);
}

/** The process dies: whatever it held is forgotten, and it may never come back. */
export function kill(world: World, worker: SimWorker, returnMs: number | null): void {
  if (!worker.alive) return;
  worker.alive = false;
  worker.life += 1;
  worker.leases.clear();
  worker.asked = 0;
  worker.connecting = false;
  const { link, life } = worker;
  worker.link = null;
  if (link !== null) breakLink(world, link);
  if (returnMs === null) return;
  after(world.agenda, returnMs, () => {
    if (worker.life === life) revive(world, worker);
  });
}

export function revive(world: World, worker: SimWorker): void {
  if (worker.alive) return;
  worker.alive = true;
  worker.life += 1;
  worker.connecting = false;
  beat(world, worker, worker.life);
  join(world, worker);
}

/** Hands everything back and says bye. */
export function leave(world: World, worker: SimWorker): void {
  const { link } = worker;
  if (!worker.alive || link?.welcomed !== true) return;
  for (const lease of worker.leases.values()) {
    const checkpoint = checkpointOf(world, worker, lease);
    if (lease.answer === null) say(world, worker, releaseOf(worker, lease.key, checkpoint));
  }
  sendUp(world, link, { type: 'bye' });
  worker.alive = false;
  worker.life += 1;
  worker.leases.clear();
  worker.link = null;
  worker.asked = 0;
}

function say(world: World, worker: SimWorker, event: WorkerEvent): void {
  if (worker.link === null) return;
  const times = worker.temper === 'echo' && !world.quiet ? 2 : 1;
  for (let time = 0; time < times; time += 1) sendUp(world, worker.link, { type: 'event', event });
}

/** Heartbeats, and with them everything that has to be said again. */
function beat(world: World, worker: SimWorker, life: number): void {
  if (worker.life !== life) return;
  const { agenda, random } = world;
  const silent = !world.quiet && agenda.now < worker.silentUntil;
  if (worker.temper === 'sleeper' && !silent && random.chance(0.05)) {
    worker.silentUntil = agenda.now + random.between(5_000, 20_000);
  }
  if (worker.link?.welcomed === true && !silent) {
    const leases = [...worker.leases.values()].map(({ key }) => key);
    say(world, worker, { type: 'heartbeat', workerId: worker.workerId, leases });
    misbehave(world, worker);
    if (agenda.now % repeatMs < heartbeatMs) repeat(world, worker);
  }
  after(agenda, heartbeatMs, () => {
    beat(world, worker, life);
  });
}

/** What may have been lost: final answers, and a wish for work. */
function repeat(world: World, worker: SimWorker): void {
  for (const { answer } of worker.leases.values()) {
    if (answer?.type === 'event') say(world, worker, answer.event);
  }
  worker.asked = 0;
  pull(world, worker);
}

function pull(world: World, worker: SimWorker): void {
  const want = worker.slots - worker.leases.size;
  if (worker.link?.welcomed !== true || want <= worker.asked) return;
  worker.asked = want;
  say(world, worker, { type: 'pulled', workerId: worker.workerId, want });
}

/** Late, foreign and forged answers. */
function misbehave(world: World, worker: SimWorker): void {
  const { random } = world;
  if (world.quiet || worker.kind === 'evaluate' || !random.chance(0.3)) return;
  if (worker.temper === 'zombie' && worker.memories.length > 0) {
    const old = random.pick(worker.memories);
    say(world, worker, random.chance(0.5) ? resultOf(world, worker, old) : releaseOf(worker, old.key, null));
    if (random.chance(0.3)) say(world, worker, errorOf(worker, old.key));
  }
  if (worker.temper !== 'thief') return;
  const victim = random.pick(world.workers);
  for (const { key, work } of victim.leases.values()) {
    if (work.kind !== 'train') continue;
    const forged = victim === worker || random.chance(0.5);
    const stolen = { ...key, fence: forged ? forgedFence : key.fence };
    const checkpoint = { epoch: 1, artifact: { sha256: simDigest(7, 0), bytes: 1 }, numericClass: 'stolen' };
    const lease = { key: stolen, work, startedAt: 0, fractionAtStart: 0, reportedEpoch: 0, answer: null };
    if (random.chance(0.5)) say(world, worker, resultOf(world, worker, lease));
    else say(world, worker, { type: 'checkpointed', workerId: worker.workerId, lease: stolen, checkpoint });
  }
}

export function receiveDown(world: World, link: Link, message: DownMessage): void {
  const { worker } = link;
  if (worker.link !== link || !worker.alive) return;
  switch (message.type) {
    case 'welcome':
      link.welcomed = true;
      worker.asked = 0;
      repeat(world, worker);
      return;
    case 'lease':
      return take(world, worker, message);
    case 'settled':
      forget(worker, message.lease);
      return pull(world, worker);
    case 'revoke':
      return stop(world, worker, message);
    case 'room':
    case 'credited':
      return;
    default:
      message satisfies never;
  }
}

function forget(worker: SimWorker, key: LeaseKey): void {
  const lease = worker.leases.get(key.leaseId);
  if (lease?.key.fence !== key.fence) return;
  worker.leases.delete(key.leaseId);
}

function stop(world: World, worker: SimWorker, { lease: key, checkpointFirst }: MessageOf<'revoke'>): void {
  const lease = worker.leases.get(key.leaseId);
  if (lease?.key.fence !== key.fence) return;
  if (worker.temper === 'zombie' && !world.quiet) return;
  if (checkpointFirst && lease.answer === null) {
    lease.answer = { type: 'event', event: releaseOf(worker, key, checkpointOf(world, worker, lease)) };
    say(world, worker, lease.answer.event);
    return;
  }
  if (!checkpointFirst) worker.leases.delete(key.leaseId);
  pull(world, worker);
}

function take(world: World, worker: SimWorker, { lease: key, work }: MessageOf<'lease'>): void {
  if (worker.leases.has(key.leaseId)) return;
  worker.asked = Math.max(0, worker.asked - 1);
  const fractionAtStart = work.kind === 'train' && work.resume !== null ? work.resume.epoch / epochsOf(work) : 0;
  const lease = { key, work, startedAt: world.agenda.now, fractionAtStart, reportedEpoch: 0, answer: null };
  worker.leases.set(key.leaseId, lease);
  worker.memories.push(lease);
  if (worker.memories.length > memoriesMax) worker.memories.shift();
  if (work.kind === 'train') train(world, worker, lease);
  else if (work.kind === 'micro' || work.kind === 'lane') helpRound(world, worker, lease);
  else evaluate(world, worker, lease);
}

/** Works on a trial in stretches, each of which may bring progress, a checkpoint, an error or the end. */
function train(world: World, worker: SimWorker, lease: SimLease): void {
  const { agenda, random } = world;
  const { life } = worker;
  const { work } = lease;
  if (work.kind !== 'train') return;
  const left = stopFraction(work) - fractionOf(world, worker, lease);
  const leftMs = (1000 * left * costOf(world, work.trialId)) / worker.speed;
  after(agenda, Math.max(1, Math.min(random.between(0.5, 1.5) * progressMs, leftMs)), () => {
    const current = worker.leases.get(lease.key.leaseId);
    if (worker.life !== life || current !== lease || lease.answer !== null) return;
    const fraction = fractionOf(world, worker, lease);
    const erring = !world.quiet && random.chance(worker.temper === 'erring' ? 0.3 : 0.004);
    if (erring) return answer(world, worker, lease, errorOf(worker, lease.key));
    if (fraction >= stopFraction(work)) {
      const stops = work.stopAfter !== undefined;
      return answer(world, worker, lease, stops ? stopOf(world, worker, lease) : resultOf(world, worker, lease));
    }
    report(world, worker, lease, fraction);
    train(world, worker, lease);
  });
}

function report(world: World, worker: SimWorker, lease: SimLease, fraction: number): void {
  const { work, key } = lease;
  if (work.kind !== 'train' || world.agenda.now < worker.silentUntil) return;
  const epochs = epochsOf(work);
  const epoch = Math.floor(fraction * epochs);
  const progress = { lease: key, epoch, epochs, fraction, loss: 0.1, imagesPerSecond: worker.speed };
  say(world, worker, { type: 'progressed', workerId: worker.workerId, progress });
  const checkpoint = checkpointOf(world, worker, lease);
  if (checkpoint === null || epoch <= lease.reportedEpoch) return;
  lease.reportedEpoch = epoch;
  say(world, worker, { type: 'checkpointed', workerId: worker.workerId, lease: key, checkpoint });
}

function answer(world: World, worker: SimWorker, lease: SimLease, event: WorkerEvent): void {
  lease.answer = { type: 'event', event };
  say(world, worker, event);
}

/** A part of a pooled round: a while of work, then one answer; a garbled vector is an error by the time it reaches the core. */
function helpRound(world: World, worker: SimWorker, lease: SimLease): void {
  const { agenda, random } = world;
  const { life } = worker;
  const { work } = lease;
  if (work.kind !== 'micro' && work.kind !== 'lane') return;
  const parts = work.kind === 'micro' ? work.to - work.from : work.steps;
  after(agenda, (random.between(20, 60) * parts) / worker.speed, () => {
    if (worker.life !== life || worker.leases.get(lease.key.leaseId) !== lease || lease.answer !== null) return;
    if (!world.quiet && worker.temper === 'stuck') return;
    const errs = worker.temper === 'erring' || worker.temper === 'garbler' ? 0.3 : 0.004;
    const erring = !world.quiet && random.chance(errs);
    answer(world, worker, lease, erring ? errorOf(worker, lease.key) : resultOf(world, worker, lease));
  });
}

/** Verification, baselines and embeddings: a while of work, then one answer. */
function evaluate(world: World, worker: SimWorker, lease: SimLease): void {
  const { agenda, random } = world;
  const { life } = worker;
  after(agenda, random.between(50, 1_500), () => {
    if (worker.life !== life || worker.leases.get(lease.key.leaseId) !== lease || lease.answer !== null) return;
    const erring = !world.quiet && random.chance(worker.temper === 'erring' ? 0.3 : 0.02);
    const event: WorkerEvent = erring
      ? errorOf(worker, lease.key)
      : { type: 'resulted', workerId: worker.workerId, lease: lease.key, outcome: evaluationOf(world, lease.work) };
    answer(world, worker, lease, event);
  });
}
