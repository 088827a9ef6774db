import { createState, step } from '@gradpool/coordination';
import type { Effect, Event, State, WorkerArrival } from '@gradpool/coordination';
import type { LeaseKey, MessageOf, Outcome, Work, WorkerId } from '@gradpool/protocol';
import { planOf, simDigest, simEmbedding, simId } from './sim-plan.ts';

export interface ThroughputReport {
  readonly trials: number;
  readonly workers: number;
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Time of the longest single step, in ms, the submission left out. */
  readonly stepMsMax: number;
}

/**
 * How many events the core takes in a second while it works off a sweep of `trials` trials: pulls, heartbeats of all
 * workers, progress, results and verifications, and a tick now and then. `clock` gives real ms.
 */
export function measureThroughput(
  size: { readonly trials: number; readonly workers: number },
  clock: () => number,
): ThroughputReport {
  const run = openRun(size, clock);
  while (run.grants.length > 0) {
    const grant = run.grants.shift();
    if (grant !== undefined) answer(run, grant);
  }
  const elapsedMs = clock() - run.startedAt;
  const complete = [...run.state.trials.values()].filter(({ row }) => row.state === 'complete').length;
  if (complete !== size.trials) throw new Error(`${complete} of ${size.trials} trials were completed`);
  const { events, stepMsMax } = run;
  return { ...size, events, eventsPerSecond: (1000 * events) / elapsedMs, stepMsMax };
}

interface Run {
  readonly state: State;
  readonly clock: () => number;
  readonly workers: readonly WorkerArrival[];
  readonly grants: { readonly workerId: WorkerId; readonly message: MessageOf<'lease'> }[];
  startedAt: number;
  now: number;
  drawn: number;
  events: number;
  stepMsMax: number;
}

function openRun(size: { readonly trials: number; readonly workers: number }, clock: () => number): Run {
  const none = {
    sweeps: [],
    cells: [],
    trials: [],
    attempts: [],
    workers: [],
    baselines: [],
    embeddings: [],
    rooms: [],
  };
  const workers = Array.from({ length: size.workers }, (_none, index) => arrival(index, index % 8 === 0));
  const { state } = createState(none, 0);
  const run: Run = { state, clock, workers, grants: [], startedAt: 0, now: 0, drawn: 0, events: 0, stepMsMax: 0 };
  const costs = Array.from({ length: size.trials }, (_none, index) => 1 + ((index * 7919) % 1000));
  const plan = planOf({
    number: 0,
    costs,
    seeds: 1,
    epochs: 10,
    errorsMax: 3,
    baselines: [],
    pooled: null,
    mixed: false,
    halving: null,
  });
  take(run, { type: 'sweepSubmitted', requestId: 'submit', plan });
  run.stepMsMax = 0;
  run.startedAt = clock();
  for (const worker of workers) take(run, { type: 'workerArrived', worker });
  for (const { workerId } of workers) take(run, { type: 'pulled', workerId, want: 1 });
  return run;
}

function arrival(index: number, evaluates: boolean): WorkerArrival {
  return {
    workerId: simId<WorkerId>(4, index),
    name: `worker-${index}`,
    kind: evaluates ? 'evaluate' : 'train',
    platform: 'simulated',
    backend: 'simulated',
    numericClass: 'wasm',
    trusted: evaluates,
    flopsPerSecond: 1000 + index,
    slots: 1,
    held: [],
  };
}

function take(run: Run, event: Event): void {
  run.now += 1;
  run.events += 1;
  const before = run.clock();
  const env = { now: run.now, newId: () => simId(9, (run.drawn += 1)) };
  const effects: Effect[] = step(run.state, event, env);
  run.stepMsMax = Math.max(run.stepMsMax, run.clock() - before);
  for (const effect of effects) {
    if (effect.type !== 'send' || effect.message.type !== 'lease') continue;
    run.grants.push({ workerId: effect.workerId, message: effect.message });
  }
}

function answer(run: Run, { workerId, message: { lease, work } }: Run['grants'][number]): void {
  if (work.kind === 'train') report(run, workerId, lease);
  take(run, { type: 'resulted', workerId, lease, outcome: outcomeOf(work.kind) });
  take(run, { type: 'pulled', workerId, want: 1 });
  if (run.events % 64 < 4) take(run, { type: 'ticked' });
}

function report(run: Run, workerId: WorkerId, lease: LeaseKey): void {
  const progress = { lease, epoch: 5, epochs: 10, fraction: 0.5, loss: 0.1, imagesPerSecond: 1 };
  take(run, { type: 'progressed', workerId, progress });
  take(run, { type: 'heartbeat', workerId, leases: [lease] });
  const idle = run.workers[run.events % run.workers.length];
  if (idle !== undefined) take(run, { type: 'heartbeat', workerId: idle.workerId, leases: [] });
}

function outcomeOf(kind: Work['kind']): Outcome {
  if (kind === 'verify') return { kind, score: 0.01, measures: {}, details: null, reason: null, durationMs: 1 };
  if (kind === 'validate' || kind === 'micro' || kind === 'lane') throw new Error('nothing here is pooled');
  if (kind === 'baseline') return { kind, values: [], durationMs: 1 };
  if (kind === 'embed') return { kind, ...simEmbedding, durationMs: 1 };
  const segments = [{ worker: 'worker', fromEpoch: 0, toEpoch: 10, numericClass: 'wasm' }];
  const weights = { sha256: simDigest(8, 0), bytes: 4 };
  return { kind, score: 0.01, validationMse: null, weights, segments, images: 1, durationMs: 1 };
}
