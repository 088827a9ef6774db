import { listSweeps } from '@gradpool/coordination';
import type { SweepId } from '@gradpool/protocol';
import { after, runNext } from './agenda.ts';
import { drawSweeps, drawWorker, drawWorkers, sizeOf } from './draws.ts';
import { judgeRungsEnded } from './judge-rungs.ts';
import { Violation } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { breakLink } from './network.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { accept, crash, shadowRestart, start } from './sim-coordinator.ts';
import { planOf, simId } from './sim-plan.ts';
import type { SimSweep } from './sim-plan.ts';
import { kill, leave, revive } from './sim-worker.ts';
import type { SimWorker, World } from './sim-world.ts';
import { createWorld } from './world.ts';

export interface ScheduleReport {
  readonly seed: number;
  readonly events: number;
  readonly trials: number;
  readonly complete: number;
  readonly failed: number;
  readonly pruned: number;
  readonly figures: Ledger['figures'];
  /** Rounds of pooled runs that were reduced. */
  readonly rounds: number;
  readonly localRounds: number;
  /** Virtual ms from the first event to the last. */
  readonly virtualMs: number;
}

const tickMs = 500;
/** Everything must have come to its end this long after the last disturbance. */
const quietMsMax = 4 * 3_600_000;

/**
 * One random schedule: workers of all tempers join, work, break off, die, lie and come back over a bad network, while
 * people pause, resume, extend and cancel, and the coordinator is killed and restarted. Then all goes quiet, and every
 * trial has to come to its end. The ledger judges every event; a violation names the seed.
 */
export function runSchedule(seed: number, size = sizeOf(seed)): ScheduleReport {
  const random = createRandom(seed, 'schedule');
  const world = createWorld({ seed, random, ...badNetwork(random) });
  const sources = {
    pooling: createRandom(seed, 'pooling'),
    mixing: createRandom(seed, 'mixing'),
    halving: createRandom(seed, 'halving'),
  };
  const sweeps = drawSweeps(random, sources, size);
  start(world);
  world.workers.push(...drawWorkers(random, size));
  for (const worker of world.workers) {
    after(world.agenda, random.between(0, size.chaosMs * 0.6), () => {
      revive(world, worker);
    });
  }
  for (const sweep of sweeps) after(world.agenda, sweep.number * 5_000, () => submit(world, sweep));
  tick(world);
  disturb(world, sweeps);
  after(world.agenda, size.chaosMs, () => {
    calm(world, sweeps);
  });
  const startedAt = world.agenda.now;
  while (!(world.quiet && isOver(world, sweeps.length))) {
    if (!runNext(world.agenda)) break;
    if (world.agenda.now - startedAt > size.chaosMs + quietMsMax) throw unfinished(world);
  }
  judgeRungsEnded(world);
  return report(world, startedAt);
}

function badNetwork(random: Random): Pick<World, 'network' | 'commitMsMax'> {
  const bad = random.next() ** 2;
  const network = {
    delayMsMin: 1,
    delayMsMax: random.pick([2, 20, 200, 2_000]),
    lossShare: 0.05 * bad,
    duplicateShare: 0.05 * bad,
    breakShare: 0.02 * bad,
  };
  return { network, commitMsMax: random.pick([0, 5, 50, 400]) };
}

function submit(world: World, sweep: SimSweep): void {
  if (world.coordinator.state === null) {
    after(world.agenda, 1_000, () => {
      submit(world, sweep);
    });
    return;
  }
  accept(world, { type: 'sweepSubmitted', requestId: `submit ${sweep.number}`, plan: planOf(sweep) });
}

function tick(world: World): void {
  accept(world, { type: 'ticked' });
  after(world.agenda, tickMs, () => {
    tick(world);
  });
}

/** Something unpleasant every few seconds until the chaos is over. */
function disturb(world: World, sweeps: SimSweep[]): void {
  const { random, agenda } = world;
  if (world.quiet) return;
  const rate = random.between(200, 4_000);
  after(agenda, rate, () => {
    if (world.quiet) return;
    const worker = random.pick(world.workers);
    const choice = random.next();
    if (choice < 0.3) kill(world, worker, random.chance(0.7) ? random.between(500, 15_000) : null);
    else if (choice < 0.5 && worker.link !== null) breakLink(world, worker.link);
    else if (choice < 0.6) leave(world, worker);
    else if (choice < 0.7 && !worker.alive) comeBack(world, worker);
    else if (choice < 0.82) command(world, sweeps);
    else if (choice < 0.86) crash(world, random.between(0, 15_000));
    else if (choice < 0.94) shadowRestart(world);
    else if (choice < 0.96) steerRoom(world, worker);
    else if (choice < 0.98) askForMap(world);
    disturb(world, sweeps);
  });
}

/** Now and then as the other kind: what it trained it must not judge. */
function comeBack(world: World, worker: SimWorker): void {
  if (world.random.chance(0.2)) worker.kind = worker.kind === 'train' ? 'evaluate' : 'train';
  revive(world, worker);
}

/** People end the lesson and go on with it, and send somebody out. */
function steerRoom(world: World, worker: SimWorker): void {
  if (world.random.chance(0.4)) return accept(world, { type: 'workerRemoved', workerId: worker.workerId });
  accept(world, { type: 'roomCommanded', command: world.random.chance(0.5) ? 'end' : 'open' });
}

/** Somebody looks at a trial, complete or not. */
function askForMap(world: World): void {
  const trialIds = [...world.ledger.trials.keys()];
  if (trialIds.length === 0) return;
  accept(world, {
    type: 'embeddingAsked',
    requestId: `look ${world.ledger.events}`,
    trialId: world.random.pick(trialIds),
  });
}

function command(world: World, sweeps: SimSweep[]): void {
  const { random } = world;
  const index = random.below(sweeps.length);
  const sweep = sweeps[index]!;
  const sweepId = simId<SweepId>(1, sweep.number);
  const requestId = `command ${world.ledger.events}`;
  const choice = random.next();
  if (choice < 0.25) return submit(world, sweep);
  if (choice < 0.45 && sweep.seeds < 8) {
    const more = { ...sweep, costs: [...sweep.costs, random.between(2, 30)], seeds: sweep.seeds + random.below(2) };
    if (world.coordinator.state === null) return;
    sweeps[index] = more;
    return accept(world, { type: 'sweepExtended', requestId, sweepId, plan: planOf(more) });
  }
  const orders = ['pause', 'pause', 'resume', 'resume', 'resume', random.chance(0.1) ? 'cancel' : 'resume'] as const;
  accept(world, { type: 'sweepCommanded', requestId, sweepId, command: random.pick(orders) });
}

/** The quiet end: a whole network, honest workers, one of each kind at least, and every sweep resumed. */
function calm(world: World, sweeps: readonly SimSweep[]): void {
  world.quiet = true;
  Object.assign(world.network, { delayMsMax: 20, lossShare: 0, duplicateShare: 0, breakShare: 0 });
  for (const kind of ['train', 'evaluate'] as const) {
    world.workers.push(drawWorker(world.random, world.workers.length, kind));
  }
  for (const worker of world.workers) {
    worker.temper = 'honest';
    worker.silentUntil = 0;
    if (!worker.alive) revive(world, worker);
  }
  settleSweeps(world, sweeps);
}

/** Again and again until it holds: a coordinator that is down just now must hear it later. */
function settleSweeps(world: World, sweeps: readonly SimSweep[]): void {
  const { state } = world.coordinator;
  accept(world, { type: 'roomCommanded', command: 'open' });
  for (const sweep of state === null ? [] : sweeps) {
    submit(world, sweep);
    const sweepId = simId<SweepId>(1, sweep.number);
    const paused = world.ledger.sweeps.get(sweepId)?.state === 'paused';
    if (paused) accept(world, { type: 'sweepCommanded', requestId: 'calm', sweepId, command: 'resume' });
  }
  after(world.agenda, 30_000, () => {
    settleSweeps(world, sweeps);
  });
}

function isOver(world: World, sweeps: number): boolean {
  const { state } = world.coordinator;
  if (state === null) return false;
  if (world.ledger.sweeps.size < sweeps) return false;
  for (const { state: at } of world.ledger.sweeps.values()) if (at === 'running' || at === 'paused') return false;
  // [held-once] Figures of the last epochs may follow; then nothing is held for evaluators any more.
  return world.pooling.held.size === 0;
}

function unfinished(world: World): Violation {
  const { state } = world.coordinator;
  const sweeps = state === null ? 'the coordinator is down' : JSON.stringify(listSweeps(state, world.agenda.now));
  return new Violation(`[never-lost] work is left when all has been quiet for long (seed ${world.seed}): ${sweeps}`);
}

function report(world: World, startedAt: number): ScheduleReport {
  const { ledger, seed, agenda } = world;
  const trials = [...ledger.trials.values()];
  const count = (state: string): number => trials.filter((row) => row.state === state).length;
  return {
    seed,
    events: ledger.events,
    trials: trials.length,
    complete: count('complete'),
    failed: count('failed'),
    pruned: count('pruned'),
    figures: ledger.figures,
    rounds: world.pooling.rounds,
    localRounds: world.pooling.localRounds,
    virtualMs: agenda.now - startedAt,
  };
}
