import type { BaselineTask, WorkerId } from '@gradpool/protocol';
import type { Random } from './random.ts';
import { simId } from './sim-plan.ts';
import type { SimPooled, SimSweep } from './sim-plan.ts';
import type { SimWorker, Temper } from './sim-world.ts';

/** How much happens in one random schedule. Everything else is drawn from its seed. */
export interface ScheduleSize {
  readonly workersMax: number;
  readonly trialsMax: number;
  readonly chaosMs: number;
}

/** Most schedules are small, since small ones find most; one in 200 is a crowd. */
export function sizeOf(seed: number): ScheduleSize {
  if (seed % 200 === 0) return { workersMax: 250, trialsMax: 150, chaosMs: 30_000 };
  if (seed % 20 === 0) return { workersMax: 40, trialsMax: 60, chaosMs: 40_000 };
  return seed % 2 === 0
    ? { workersMax: 8, trialsMax: 16, chaosMs: 45_000 }
    : { workersMax: 4, trialsMax: 8, chaosMs: 30_000 };
}

/** Each round of each pooled trial is events for every worker: more of them would take minutes. */
const pooledTrialsMax = 40;

/** Each of its own, so that schedules without pooled sweeps, mixed ones or early termination, stay what they were. */
interface Sources {
  readonly pooling: Random;
  readonly mixing: Random;
  readonly halving: Random;
}

export function drawSweeps(random: Random, { pooling, mixing, halving }: Sources, size: ScheduleSize): SimSweep[] {
  const count = random.pick([1, 1, 1, 2, 3]);
  return Array.from({ length: count }, (_none, number) => {
    const trials = 1 + random.below(Math.max(1, Math.floor(size.trialsMax / count)));
    const seeds = Math.min(trials, random.pick([1, 1, 2, 3, 5]));
    const spread = random.pick([1, 1, 8]);
    const base = random.pick([1, 4, 12]);
    const plain = {
      number,
      costs: Array.from({ length: Math.ceil(trials / seeds) }, () => base * random.between(1, spread)),
      seeds,
      epochs: random.pick([1, 4, 20]),
      errorsMax: random.pick([1, 2, 3, 3]),
      baselines: drawBaselines(random),
      mixed: mixing.chance(0.5),
    };
    const pooled = pooling.chance(0.3) && trials <= pooledTrialsMax ? drawPooled(pooling) : null;
    return { ...plain, pooled, halving: pooled === null && halving.chance(0.4) ? drawHalving(halving) : null };
  });
}

const drawPooled = (pooling: Random): SimPooled => ({
  rounds: 1 + pooling.below(12),
  microBatches: pooling.pick([1, 4, 16]),
  mode: pooling.pick(['exact', 'local']),
  stalenessMax: pooling.below(3),
});

const drawHalving = (halving: Random): SimSweep['halving'] => ({
  eta: halving.pick([2, 3, 4]),
  minIter: halving.pick([1, 1, 2, 5]),
  groups: halving.pick([1, 1, 2]),
});

function drawBaselines(random: Random): BaselineTask[] {
  const noises = [0, 0.3].slice(0, random.below(3));
  return noises.flatMap((noise) => [
    { baseline: 'identity' as const, latent: null, noise },
    ...[2, 8].map((latent) => ({ baseline: noise === 0 ? ('pca' as const) : ('linear' as const), latent, noise })),
  ]);
}

const tempers: readonly Temper[] = ['liar', 'garbler', 'erring', 'echo', 'zombie', 'thief', 'sleeper', 'stuck'];

export function drawWorkers(random: Random, size: ScheduleSize): SimWorker[] {
  const trainers = 1 + random.below(size.workersMax);
  const evaluators = 1 + random.below(Math.max(1, Math.ceil(trainers / 20)));
  const rogues = random.pick([0, 0.2, 0.5]);
  const workers = Array.from({ length: trainers + evaluators }, (_none, index) =>
    drawWorker(random, index, index < trainers ? 'train' : 'evaluate'),
  );
  for (const worker of workers) if (random.chance(rogues)) worker.temper = random.pick(tempers);
  return workers;
}

export function drawWorker(random: Random, index: number, kind: SimWorker['kind']): SimWorker {
  const speed = Math.exp(0.8 * random.normal());
  return {
    workerId: simId<WorkerId>(4, index),
    name: `worker-${index}`,
    kind,
    numericClass: random.pick(['wasm', 'wasm', 'webgl']),
    slots: random.pick([1, 1, 1, 2, 4]),
    speed,
    claimedSpeed: random.chance(0.1) ? 0 : speed * random.between(0.5, 2),
    temper: 'honest',
    alive: false,
    life: 0,
    link: null,
    connecting: false,
    asked: 0,
    silentUntil: 0,
    leases: new Map(),
    memories: [],
  };
}
