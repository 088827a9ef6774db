import { microBatchSpan, type PooledPlan, pooledPlan, type TrialSpec } from '@gradpool/experiment';
import { gradientFractionBits } from '@gradpool/tensors';
import type { Dataset } from './dataset.ts';
import { openEngine, type Engine } from './engine.ts';
import { openExactSum, type ExactSum } from './exact-sum.ts';
import { pacer, type YieldToLoop } from './pacer.ts';
import { Interrupted, TrainingError } from './training-error.ts';
import { spanFiller } from './training-plan.ts';
import { activeKernels } from './wasm-backend.ts';

export interface MicroBatchesOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  /** The round's parameters, flat, in layout order. */
  readonly parameters: Float32Array;
  /** Step of the pooled run, from 0, and its micro-batches `from` to `to` - 1. */
  readonly round: number;
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal;
  readonly yieldToLoop: YieldToLoop;
}

export interface MicroBatchesResult {
  /** Fixed-point sum over the micro-batches of gradient x images / micro_batch, packed as it is sent. */
  readonly sum: Uint8Array;
  /** Mean per image. */
  readonly loss: number;
  readonly images: number;
}

interface Bench {
  readonly key: string;
  readonly engine: Engine;
  readonly plan: PooledPlan;
  readonly sum: ExactSum;
  readonly fill: ReturnType<typeof spanFiller>;
  /** The last lease begun or waiting. */
  tail: Promise<unknown>;
}

/** The last one opened: the leases of a run come one after the other, and opening takes longer than computing. */
let kept: Bench | null = null;

/**
 * The gradients of some micro-batches of a pooled round, summed exactly. A micro-batch is computed by itself, so its bits do
 * not depend on which lease it came in. Throws TrainingError E_NAN_LOSS, E_GRADIENT_RANGE, E_WEIGHTS_SHAPE, E_POOLED, and
 * Interrupted once `signal` is aborted.
 */
export async function computeMicroBatches(options: MicroBatchesOptions): Promise<MicroBatchesResult> {
  const bench = benchFor(options);
  // One lease at a time: another one of this process may use the same engine.
  const mine = bench.tail.then(() => addMicroBatches(bench, options));
  bench.tail = mine.catch(() => undefined);
  return mine;
}

async function addMicroBatches(bench: Bench, options: MicroBatchesOptions): Promise<MicroBatchesResult> {
  const { engine, plan, sum } = bench;
  const { parameters, round, from, to, signal } = options;
  if (parameters.length !== engine.parameters.length) {
    const message = `${parameters.length} parameters came for a model of ${engine.parameters.length}`;
    throw new TrainingError('E_WEIGHTS_SHAPE', message);
  }
  const pause = pacer(options.yieldToLoop);
  // Whatever an earlier lease left when it broke off.
  sum.reset();
  let loss = 0;
  let images = 0;
  for (let index = from; index < to; index += 1) {
    if (signal.aborted) throw new Interrupted(null);
    const { count } = microBatchSpan(plan, round, index);
    loss += count * (await addMicroBatch(bench, options, index));
    images += count;
    await pause();
  }
  return { sum: sum.take(), loss: loss / images, images };
}

/** Returns the mean loss. */
async function addMicroBatch(bench: Bench, options: MicroBatchesOptions, index: number): Promise<number> {
  const { engine, plan, sum, fill } = bench;
  const span = microBatchSpan(plan, options.round, index);
  if (span.count < 1) {
    throw new TrainingError(
      'E_POOLED',
      `round ${options.round} has no micro-batch ${index}; it is another run's lease`,
    );
  }
  engine.parameters.set(options.parameters);
  engine.load();
  fill(span);
  const loss = await engine.lossAndGradient(span.count);
  await engine.save();
  const where = `round ${options.round}, micro-batch ${index}`;
  if (!Number.isFinite(loss)) {
    const message = `The ${options.spec.loss} loss became ${loss} in ${where}; lower learning_rate ${options.spec.learning_rate}`;
    throw new TrainingError('E_NAN_LOSS', message);
  }
  if (!sum.add(engine.gradient, span.count / plan.microBatch)) {
    const message = `A gradient of ${where} is NaN or beyond what fixed point holds; lower learning_rate ${options.spec.learning_rate}`;
    throw new TrainingError('E_GRADIENT_RANGE', message);
  }
  return loss;
}

function benchFor({ spec, dataset }: MicroBatchesOptions): Bench {
  const key = `${JSON.stringify(spec)} ${dataset.digest}`;
  if (kept?.key === key) return kept;
  const { pooled } = spec;
  if (pooled?.mode !== 'exact') throw new TrainingError('E_POOLED', 'The spec is not one of exact mode');
  const last = kept;
  if (last) void last.tail.then(() => last.engine.close());
  kept = null;
  const engine = openEngine(spec, dataset.manifest.image, pooled.micro_batch);
  const plan = pooledPlan(spec, pooled, dataset.manifest);
  const format = { fractionBits: gradientFractionBits, terms: pooled.micro_batches };
  const sum = openExactSum(activeKernels(), engine.parameters.length, format);
  kept = { key, engine, plan, sum, fill: spanFiller(spec, dataset, plan.images, engine), tail: Promise.resolve() };
  return kept;
}
