import { listSweeps } from '@gradpool/coordination';
import type { BaselineTask, SweepId, WorkerId } from '@gradpool/protocol';
import { after, createAgenda, runNext } from './agenda.ts';
import { Violation, createLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { breakLink } from './network.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { accept, closedUp, crash, receiveUp, shadowRestart, start } from './sim-coordinator.ts';
import { planOf, simId } from './sim-plan.ts';
import type { SimSweep } from './sim-plan.ts';
import { createStore } from './sim-store.ts';
import { closedDown, kill, leave, receiveDown, revive } from './sim-worker.ts';
import type { SimWorker, Temper, World } from './sim-world.ts';

/** How much happens in one random schedule. Everything else is drawn from its seed. */
interface ScheduleSize {
  readonly workersMax: number;
  readonly trialsMax: number;
  readonly chaosMs: number;
}

export interface ScheduleReport {
  readonly seed: number;
  readonly events: number;
  readonly trials: number;
  readonly complete: number;
  readonly failed: number;
  readonly figures: Ledger['figures'];
  /** Virtual ms from the first event to the last. */
  readonly virtualMs: number;
}

const tickMs = 500;
/** Everything must have come to its end this long after the last disturbance. */
const quietMsMax = 4 * 3_600_000;

/** Most schedules are small, since small ones find most; one in 200 is a crowd. */
function sizeOf(seed: number): ScheduleSize {
  if (seed % 200 === 0) return { workersMax: 250, trialsMax: 150, chaosMs: 30_000 };
  if (seed % 20 === 0) return { workersMax: 40, trialsMax: 60, chaosMs: 40_000 };
  return seed % 2 === 0
    ? { workersMax: 8, trialsMax: 20, chaosMs: 60_000 }
    : { workersMax: 4, trialsMax: 8, chaosMs: 40_000 };
}

/**
 * One random schedule: workers of all tempers join, work, break off, die, lie and come back over a bad network, while
 * people pause, resume, extend and cancel, and the coordinator is killed and restarted. Then all goes quiet, and every
 * trial has to come to its end. The ledger judges every event; a violation names the seed.
 */
export function runSchedule(seed: number, size = sizeOf(seed)): ScheduleReport {
  const random = createRandom(seed, 'schedule');
  const world = createWorld(seed, random);
  const sweeps = drawSweeps(random, size);
  start(world);
  world.workers.push(...drawWorkers(random, size));
  for (const worker of world.workers) {
    after(world.agenda, random.between(0, size.chaosMs * 0.6), () => {
      revive(world, worker);
    });
  }
  for (const sweep of sweeps) after(world.agenda, sweep.number * 5_000, () => submit(world, sweep));
  tick(world);
  disturb(world, size, sweeps);
  after(world.agenda, size.chaosMs, () => {
    calm(world, sweeps);
  });
  const startedAt = world.agenda.now;
  while (!(world.quiet && isOver(world, sweeps.length))) {
    if (!runNext(world.agenda)) break;
    if (world.agenda.now - startedAt > size.chaosMs + quietMsMax) throw unfinished(world);
  }
  return report(world, startedAt);
}

function createWorld(seed: number, random: Random): World {
  const bad = random.next() ** 2;
  return {
    ends: { receiveUp, receiveDown, closedUp, closedDown },
    seed,
    agenda: createAgenda(1_000_000),
    random,
    network: {
      delayMsMin: 1,
      delayMsMax: random.pick([2, 20, 200, 2_000]),
      lossShare: 0.05 * bad,
      duplicateShare: 0.05 * bad,
      breakShare: 0.02 * bad,
    },
    store: createStore(),
    coordinator: { state: null, seats: new Map(), batch: [], committing: false, life: 0 },
    ledger: createLedger(),
    workers: [],
    artifacts: new Map(),
    commitMsMax: random.pick([0, 5, 50, 400]),
    drawn: 0,
    quiet: false,
  };
}

function drawSweeps(random: Random, size: ScheduleSize): SimSweep[] {
  const count = random.pick([1, 1, 1, 2, 3]);
  return Array.from({ length: count }, (_none, number) => {
    const trials = 1 + random.below(Math.max(1, Math.floor(size.trialsMax / count)));
    const seeds = Math.min(trials, random.pick([1, 1, 2, 3, 5]));
    const spread = random.pick([1, 1, 8]);
    const base = random.pick([1, 4, 12]);
    return {
      number,
      costs: Array.from({ length: Math.ceil(trials / seeds) }, () => base * random.between(1, spread)),
      seeds,
      epochs: random.pick([1, 4, 20]),
      errorsMax: 3,
      baselines: drawBaselines(random),
    };
  });
}

function drawBaselines(random: Random): BaselineTask[] {
  const noises = [0, 0.3].slice(0, random.below(3));
  return noises.flatMap((noise) => [
    { baseline: 'identity' as const, latent: null, noise },
    ...[2, 8].map((latent) => ({ baseline: noise === 0 ? ('pca' as const) : ('linear' as const), latent, noise })),
  ]);
}

const tempers: readonly Temper[] = ['liar', 'garbler', 'erring', 'echo', 'zombie', 'thief', 'sleeper', 'stuck'];

function drawWorkers(random: Random, size: ScheduleSize): SimWorker[] {
  const trainers = 1 + random.below(size.workersMax);
  const evaluators = 1 + random.below(Math.max(1, Math.ceil(trainers / 20)));
  const rogues = random.pick([0, 0.2, 0.5]);
  return Array.from({ length: trainers + evaluators }, (_none, index) => {
    const trains = index < trainers;
    const speed = Math.exp(0.8 * random.normal());
    return {
      workerId: simId<WorkerId>(4, index),
      name: `worker-${index}`,
      kind: trains ? 'train' : 'evaluate',
      numericClass: random.pick(['wasm', 'wasm', 'webgl']),
      slots: random.pick([1, 1, 1, 2, 4]),
      speed,
      claimedSpeed: random.chance(0.1) ? 0 : speed * random.between(0.5, 2),
      temper: random.chance(rogues) ? random.pick(tempers) : 'honest',
      alive: false,
      life: 0,
      link: null,
      connecting: false,
      asked: 0,
      silentUntil: 0,
      leases: new Map(),
      memories: [],
    };
  });
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
function disturb(world: World, size: ScheduleSize, sweeps: SimSweep[]): void {
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
    else if (choice < 0.7 && !worker.alive) revive(world, worker);
    else if (choice < 0.82) command(world, sweeps);
    else if (choice < 0.86) crash(world, random.between(0, 15_000));
    else if (choice < 0.94) shadowRestart(world);
    disturb(world, size, sweeps);
  });
}

function command(world: World, sweeps: SimSweep[]): void {
  const { random } = world;
  const index = random.below(sweeps.length);
  const sweep = sweeps[index] as SimSweep;
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
  return true;
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
    figures: ledger.figures,
    virtualMs: agenda.now - startedAt,
  };
}
