import { localPlan, localRate, stepSpan, type LocalPlan, type LocalSpec, type TrialSpec } from '@gradpool/experiment';
import { streamOf, type OptimizerMemory } from '@gradpool/tensors';
import type { Dataset } from './dataset.ts';
import { openEngine, type Engine } from './engine.ts';
import { openLaneChange, type LaneChange } from './lane-change.ts';
import { pacer, type YieldToLoop } from './pacer.ts';
import { Interrupted, TrainingError } from './training-error.ts';
import { spanFiller } from './training-plan.ts';
import { activeKernels } from './wasm-backend.ts';

export interface LaneOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  /** The round's parameters, flat, in layout order. */
  readonly parameters: Float32Array;
  /** What the lane's optimizer remembers; null for a fresh lane. */
  readonly moments: OptimizerMemory | null;
  readonly round: number;
  readonly lane: number;
  /** Place of the first image in the trial's stream. */
  readonly first: number;
  readonly steps: number;
  /** Computing ends after so long, with at least one step taken. */
  readonly msMax: number;
  /** Images that had counted when the round began, and those that it is planned to take. */
  readonly done: number;
  readonly planned: number;
  readonly signal: AbortSignal;
  readonly yieldToLoop: YieldToLoop;
}

export interface LaneResult {
  /** What the steps changed, in the spec's codec. */
  readonly delta: Uint8Array;
  readonly moments: OptimizerMemory;
  /** Mean per image. */
  readonly loss: number;
  readonly images: number;
}

interface Bench {
  readonly key: string;
  readonly engine: Engine;
  readonly change: LaneChange;
  readonly pooled: LocalSpec;
  readonly plan: LocalPlan;
  readonly fill: ReturnType<typeof spanFiller>;
  /** The last lease begun or waiting. */
  tail: Promise<unknown>;
}

/** The last one opened: the leases of a run come one after the other. */
let kept: Bench | null = null;

/**
 * Takes a lane's steps of one round in local mode, from the round's parameters and the lane's own moments. Throws TrainingError
 * E_NAN_LOSS, E_WEIGHTS_SHAPE, E_POOLED, and Interrupted once `signal` is aborted.
 */
export async function trainLane(options: LaneOptions): Promise<LaneResult> {
  const bench = benchFor(options);
  // One lease at a time: another one of this process may use the same engine.
  const mine = bench.tail.then(() => runLane(bench, options));
  bench.tail = mine.catch(() => undefined);
  return mine;
}

async function runLane(bench: Bench, options: LaneOptions): Promise<LaneResult> {
  const { engine, change } = bench;
  const { spec, parameters, round, lane } = options;
  begin(engine, options);
  const taken = await takeSteps(bench, options);
  await engine.save();
  const delta = change(engine.parameters, parameters, { seed: spec.seed, stream: streamOf('delta', round, lane) });
  // A rectifier can swallow a NaN, so that the loss alone does not show it.
  if (!delta) throw diverged(options, 'weights are not finite');
  return {
    delta,
    moments: { step: taken.step, vectors: engine.memory.map((vector) => vector.slice()) },
    loss: taken.loss / taken.images,
    images: taken.images,
  };
}

function begin(engine: Engine, { parameters, moments }: LaneOptions): void {
  const size = engine.parameters.length;
  if (parameters.length !== size) {
    throw new TrainingError('E_WEIGHTS_SHAPE', `${parameters.length} parameters came for a model of ${size}`);
  }
  engine.parameters.set(parameters);
  for (const [i, vector] of engine.memory.entries()) {
    const known = moments?.vectors[i];
    if (known?.length === size) vector.set(known);
    else vector.fill(0);
  }
  engine.load();
}

async function takeSteps(bench: Bench, options: LaneOptions): Promise<{ step: number; loss: number; images: number }> {
  const { engine, pooled, plan, fill } = bench;
  const { spec, first, steps, msMax, done, planned, signal } = options;
  const pause = pacer(options.yieldToLoop);
  const startedAt = performance.now();
  const taken = { step: options.moments?.step ?? 0, loss: 0, images: 0 };
  for (let k = 0; k < steps && (k === 0 || performance.now() - startedAt < msMax); k += 1) {
    if (signal.aborted) throw new Interrupted(null);
    const span = stepSpan(plan, pooled.batch, first + taken.images);
    fill(span);
    const loss = await engine.lossAndGradient(span.count);
    if (!Number.isFinite(loss)) throw diverged(options, `loss became ${loss}`);
    taken.step += 1;
    taken.loss += loss * span.count;
    taken.images += span.count;
    const rate = localRate(spec, plan, done + (planned * k) / steps);
    engine.update({ step: taken.step, learningRate: rate });
    await pause();
  }
  return taken;
}

function diverged({ spec, round, lane }: LaneOptions, what: string): TrainingError {
  const message = `The ${spec.loss} ${what} in round ${round}, lane ${lane}; lower learning_rate ${spec.learning_rate}`;
  return new TrainingError('E_NAN_LOSS', message);
}

function benchFor({ spec, dataset }: LaneOptions): Bench {
  const key = `${JSON.stringify(spec)} ${dataset.digest}`;
  if (kept?.key === key) return kept;
  const { pooled } = spec;
  if (pooled?.mode !== 'local') throw new TrainingError('E_POOLED', 'The spec is not one of local mode');
  const plan = localPlan(spec, dataset.manifest);
  if (plan.images < 1) throw new TrainingError('E_SPLIT_EMPTY', 'The spec leaves no image to train on');
  const last = kept;
  if (last) void last.tail.then(() => last.engine.close());
  kept = null;
  const engine = openEngine(spec, dataset.manifest.image, pooled.batch);
  const fill = spanFiller(spec, dataset, plan.images, engine);
  const change = openLaneChange(activeKernels(), pooled.codec, engine.parameters.length);
  kept = { key, engine, change, pooled, plan, fill, tail: Promise.resolve() };
  return kept;
}
