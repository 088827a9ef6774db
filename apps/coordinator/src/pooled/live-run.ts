import type { RoundStart } from '@gradpool/coordination';
import {
  initialParameters,
  learningRate,
  microBatchesOf,
  pooledPlan,
  roundSpan,
  type DatasetManifest,
  type PooledPlan,
  type PooledSpec,
  type TrialSpec,
} from '@gradpool/experiment';
import type { ArtifactRef } from '@gradpool/protocol';
import {
  adam,
  addPartialSum,
  gradientFractionBits,
  meanOfSum,
  type FixedPointFormat,
  type Optimizer,
  type OptimizerMemory,
} from '@gradpool/tensors';
import { decodePooled, encodePooled, type PooledState } from './pooled-checkpoint.ts';

/** The vectors of one pooled run. */
export interface LiveRun {
  readonly run: number;
  readonly spec: TrialSpec;
  readonly plan: PooledPlan;
  readonly format: FixedPointFormat;
  readonly parameters: Float32Array;
  readonly memory: OptimizerMemory;
  readonly gradient: Float32Array;
  readonly sum: Float64Array;
  /** Steps taken. */
  round: number;
  /** What workers fetch for the present round. */
  published: ArtifactRef | null;
  /** Round and time of the last checkpoint. */
  checkpointRound: number;
  checkpointAt: number;
}

const optimizer: Optimizer = adam();
const optimizerVectors = 2;

export interface RunSource {
  readonly run: number;
  readonly spec: TrialSpec;
  readonly pooled: PooledSpec;
  readonly manifest: DatasetManifest;
  readonly checkpoint: Uint8Array | null;
  readonly now: number;
}

/** From the checkpoint, or from the seed where there is none that can be read. */
export function startLiveRun({ run, spec, pooled, manifest, checkpoint, now }: RunSource): LiveRun {
  const initial = initialParameters(spec, manifest.image);
  const size = initial.length;
  const resumed = checkpoint && decodePooled(checkpoint, size, optimizerVectors);
  const state: PooledState = resumed ?? { round: 0, parameters: initial, memory: optimizer.init(size) };
  return {
    run,
    spec,
    plan: pooledPlan(spec, pooled, manifest),
    format: formatOf(pooled),
    parameters: state.parameters,
    memory: state.memory,
    gradient: new Float32Array(size),
    sum: new Float64Array(size),
    round: state.round,
    published: null,
    checkpointRound: state.round,
    checkpointAt: now,
  };
}

export function formatOf(pooled: PooledSpec): FixedPointFormat {
  return { fractionBits: gradientFractionBits, terms: pooled.micro_batches };
}

/** One slice's share of a round's gradient. */
export interface SliceSum {
  readonly vector: Float64Array;
  /** Micro-batches in it. */
  readonly terms: number;
}

/** Adds the slices of the present round exactly and takes the step. False where a slice is not one that was screened. */
export function takeRound(live: LiveRun, slices: readonly SliceSum[]): boolean {
  const { plan, format, sum, gradient, parameters, memory, spec } = live;
  sum.fill(0);
  for (const { vector, terms } of slices) if (!addPartialSum(sum, vector, format, terms)) return false;
  meanOfSum(sum, format, roundSpan(plan, live.round).count / plan.microBatch, gradient);
  optimizer.update(parameters, gradient, memory, learningRate(spec, live.round, plan.rounds));
  live.round += 1;
  return true;
}

export const isOver = ({ round, plan }: LiveRun): boolean => round >= plan.rounds;

export function roundStart(live: LiveRun, parameters: ArtifactRef): RoundStart {
  const { round, plan } = live;
  const epoch = Math.floor(round / plan.roundsPerEpoch);
  const within = isOver(live) ? 0 : roundSpan(plan, round).first;
  return {
    ...{ round, rounds: plan.rounds, epoch, parameters },
    microBatches: isOver(live) ? 0 : microBatchesOf(plan, round),
    images: epoch * plan.images + within,
  };
}

export function checkpointOf(live: LiveRun): Uint8Array {
  return encodePooled(live);
}
