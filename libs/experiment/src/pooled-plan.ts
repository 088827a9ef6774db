import type { DatasetManifest } from './manifest.ts';
import type { ExactSpec } from './pooled-spec.ts';
import { trainingImages } from './training-images.ts';
import type { TrialSpec } from './trial-spec.ts';

/** The rounds of a pooled trial: one step each, over the images that a single worker's step would take. */
export interface PooledPlan {
  readonly images: number;
  readonly microBatch: number;
  readonly microBatchesPerRound: number;
  readonly roundsPerEpoch: number;
  readonly rounds: number;
}

/** Consecutive places of an epoch's order. */
export interface EpochSpan {
  /** From 0. */
  readonly epoch: number;
  readonly first: number;
  readonly count: number;
}

/** `rounds` is 0 where the spec leaves no image to train on. */
export function pooledPlan(spec: TrialSpec, pooled: ExactSpec, manifest: DatasetManifest): PooledPlan {
  const images = trainingImages(spec, manifest);
  const roundsPerEpoch = Math.ceil(images / (pooled.micro_batch * pooled.micro_batches));
  return {
    images,
    microBatch: pooled.micro_batch,
    microBatchesPerRound: pooled.micro_batches,
    roundsPerEpoch,
    rounds: roundsPerEpoch * spec.epochs,
  };
}

/** The images of a round; the last one of an epoch may have fewer. */
export function roundSpan(plan: PooledPlan, round: number): EpochSpan {
  const perRound = plan.microBatch * plan.microBatchesPerRound;
  const epoch = Math.floor(round / plan.roundsPerEpoch);
  const first = (round - epoch * plan.roundsPerEpoch) * perRound;
  return { epoch, first, count: Math.min(perRound, plan.images - first) };
}

export function microBatchesOf(plan: PooledPlan, round: number): number {
  return Math.ceil(roundSpan(plan, round).count / plan.microBatch);
}

/** The images of one micro-batch; the last one of an epoch may have fewer. */
export function microBatchSpan(plan: PooledPlan, round: number, index: number): EpochSpan {
  const span = roundSpan(plan, round);
  const offset = index * plan.microBatch;
  return { epoch: span.epoch, first: span.first + offset, count: Math.min(plan.microBatch, span.count - offset) };
}
