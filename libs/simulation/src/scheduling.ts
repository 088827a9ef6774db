import { after, createAgenda, runNext } from './agenda.ts';
import type { Agenda } from './agenda.ts';
import { drawWorker } from './draws.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { accept, start } from './sim-coordinator.ts';
import { planOf } from './sim-plan.ts';
import { kill, leave, revive } from './sim-worker.ts';
import type { World } from './sim-world.ts';
import { createWorld } from './world.ts';

/** A fleet and a sweep to compare schedulers on. Times in s, costs in work of a speed-1 worker per s. */
export interface SchedulingCase {
  readonly seed: number;
  readonly workers: number;
  readonly cells: number;
  /** Cost of the cheapest cell; the dearest costs three times as much. */
  readonly costMin: number;
  /** Mean stretches of presence and absence (exponential). */
  readonly presentS: number;
  readonly absentS: number;
}

export interface SchedulingReport {
  readonly seed: number;
  /** When all work would be done if it could be cut into drops: a bound for every scheduler. */
  readonly fluidS: number;
  readonly fifoRestartS: number;
  readonly gradpoolS: number;
  /** fluidS over the time of each scheduler: 1 is perfect. */
  readonly fifoRestartShare: number;
  readonly gradpoolShare: number;
}

const classroom: Omit<SchedulingCase, 'seed'> = {
  workers: 30,
  cells: 64,
  costMin: 120,
  presentS: 400,
  absentS: 100,
};

interface Member {
  readonly speed: number;
  /** Alternately the times of coming and going. */
  readonly turns: readonly { readonly at: number; readonly here: boolean; readonly orderly: boolean }[];
}

const horizonS = 50_000;

/**
 * 30 workers with log-normal speeds (the slowest a tenth of the fastest) that come and go, and 64 cells of one seed.
 * The same fleet under a first-in-first-out queue that restarts what a leaver leaves, and under the real core.
 */
export function compareScheduling(seed: number, given: Partial<SchedulingCase> = {}): SchedulingReport {
  const task: SchedulingCase = { ...classroom, ...given, seed };
  const random = createRandom(seed, 'scheduling');
  const fleet = Array.from({ length: task.workers }, () => drawMember(random, task));
  const costs = Array.from({ length: task.cells }, () => task.costMin * random.between(1, 3));
  const fluidS = fluidBound(fleet, costs);
  const fifoRestartS = fifoRestart(fleet, costs);
  const gradpoolS = gradpool(task, fleet, costs);
  return {
    seed,
    fluidS,
    fifoRestartS,
    gradpoolS,
    fifoRestartShare: fluidS / fifoRestartS,
    gradpoolShare: fluidS / gradpoolS,
  };
}

function drawMember(random: Random, task: SchedulingCase): Member {
  const speed = Math.min(3.2, Math.max(0.32, Math.exp(0.6 * random.normal())));
  const turns: Member['turns'][number][] = [];
  let here = random.chance(task.presentS / (task.presentS + task.absentS));
  let at = 0;
  while (at < horizonS) {
    turns.push({ at, here, orderly: random.chance(0.5) });
    at += -Math.log(1 - random.next()) * (here ? task.presentS : task.absentS);
    here = !here;
  }
  return { speed, turns };
}

/** The time at which the summed speed of those present has done all the work. */
function fluidBound(fleet: readonly Member[], costs: readonly number[]): number {
  const changes = fleet
    .flatMap(({ speed, turns }) =>
      turns.map(({ at, here }, index) => ({ at, by: here ? speed : index === 0 ? 0 : -speed })),
    )
    .sort((a, b) => a.at - b.at);
  let left = costs.reduce((sum, cost) => sum + cost, 0);
  let speed = 0;
  let now = 0;
  for (const { at, by } of changes) {
    const done = speed * (at - now);
    if (done >= left) break;
    left -= done;
    now = at;
    speed += by;
  }
  return now + left / speed;
}

/** One queue in plan order; whoever is free takes the next trial, and one that is left starts over at the back. */
function fifoRestart(fleet: readonly Member[], costs: readonly number[]): number {
  const agenda = createAgenda(0);
  const queue = costs.map((cost) => ({ cost }));
  const idle = new Set<Hand>();
  let open = costs.length;
  const begin = (hand: Hand): void => {
    const trial = queue.shift();
    if (trial === undefined) return void idle.add(hand);
    idle.delete(hand);
    hand.trial = trial;
    hand.turn += 1;
    const { turn } = hand;
    after(agenda, (1000 * trial.cost) / hand.speed, () => {
      if (hand.turn !== turn) return;
      open -= 1;
      hand.trial = null;
      begin(hand);
    });
  };
  for (const { speed, turns } of fleet) {
    const hand: Hand = { speed, trial: null, turn: 0 };
    for (const { at, here } of turns) {
      after(agenda, at * 1000, () => {
        if (here) return begin(hand);
        hand.turn += 1;
        idle.delete(hand);
        if (hand.trial !== null) queue.push(hand.trial);
        hand.trial = null;
        for (const other of [...idle]) if (queue.length > 0) begin(other);
      });
    }
  }
  while (open > 0 && runNext(agenda));
  return seconds(agenda, 0);
}

interface Hand {
  readonly speed: number;
  trial: { readonly cost: number } | null;
  turn: number;
}

/** The real core, with simulated workers that report and store checkpoints as the real ones do. */
function gradpool(task: SchedulingCase, fleet: readonly Member[], costs: readonly number[]): number {
  const network = { delayMsMin: 5, delayMsMax: 50, lossShare: 0, duplicateShare: 0, breakShare: 0 };
  const random = createRandom(task.seed, 'gradpool');
  const world = createWorld({ seed: task.seed, random, network, commitMsMax: 10 });
  world.quiet = true;
  start(world);
  const startedAt = world.agenda.now;
  const plan = planOf({
    number: 0,
    costs,
    seeds: 1,
    epochs: 40,
    errorsMax: 3,
    baselines: [],
    pooled: null,
    mixed: false,
    halving: null,
  });
  accept(world, { type: 'sweepSubmitted', requestId: 'submit', plan });
  fleet.forEach((member, index) => {
    enter(world, member, index);
  });
  const evaluator = { ...drawWorker(random, fleet.length, 'evaluate'), slots: 4 };
  world.workers.push(evaluator);
  revive(world, evaluator);
  tick(world);
  const isOver = (): boolean => [...world.ledger.sweeps.values()].every(({ state }) => state === 'complete');
  while (!isOver() && runNext(world.agenda));
  return seconds(world.agenda, startedAt);
}

function enter(world: World, { speed, turns }: Member, index: number): void {
  const drawn = drawWorker(world.random, index, 'train');
  const worker = { ...drawn, speed, claimedSpeed: speed, slots: 1, numericClass: 'wasm' };
  world.workers.push(worker);
  for (const { at, here, orderly } of turns) {
    after(world.agenda, at * 1000, () => {
      if (here) revive(world, worker);
      else if (orderly && worker.link?.welcomed === true) leave(world, worker);
      else kill(world, worker, null);
    });
  }
}

function tick(world: World): void {
  accept(world, { type: 'ticked' });
  after(world.agenda, 250, () => {
    tick(world);
  });
}

const seconds = ({ now }: Agenda, startedAt: number): number => (now - startedAt) / 1000;
