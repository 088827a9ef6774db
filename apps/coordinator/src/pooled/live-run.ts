import type { RoundStart } from '@gradpool/coordination';
import {
  initialParameters,
  learningRate,
  microBatchesOf,
  optimizerRule,
  pooledPlan,
  roundSpan,
  type DatasetManifest,
  type PooledPlan,
  type ExactSpec,
  type TrialSpec,
} from '@gradpool/experiment/run-plan';
import type { ArtifactRef, Digest } from '@gradpool/protocol';
import type { KernelModule } from '@gradpool/kernels';
import { decodePooled, encodePooled } from './pooled-checkpoint.ts';
import { openRunVectors, type RunVectors } from './run-vectors.ts';

/** The vectors of one pooled run in exact mode, and where it stands. */
export interface LiveRun {
  readonly kind: 'exact';
  readonly spec: TrialSpec;
  readonly plan: PooledPlan;
  readonly vectors: RunVectors;
  /** Steps taken. */
  round: number;
}

export interface RunSource {
  readonly spec: TrialSpec;
  readonly pooled: ExactSpec;
  readonly manifest: DatasetManifest;
  readonly checkpoint: Uint8Array | null;
  /** Null where the engine has no SIMD. */
  readonly kernels: KernelModule | null;
}

/** From the checkpoint, or from the seed where there is none that can be read. */
export function startLiveRun({ spec, pooled, manifest, checkpoint, kernels }: RunSource): LiveRun {
  const initial = initialParameters(spec, manifest.image);
  const vectors = openRunVectors(kernels, {
    ...{ rule: optimizerRule(spec), size: initial.length, terms: pooled.micro_batches },
  });
  const { parameters, memory } = vectors;
  const resumed = checkpoint && decodePooled(checkpoint, initial.length, memory.vectors.length);
  parameters.set(resumed?.parameters ?? initial);
  memory.step = resumed?.memory.step ?? 0;
  for (const [i, vector] of memory.vectors.entries()) if (resumed) vector.set(resumed.memory.vectors[i]!);
  return { kind: 'exact', spec, plan: pooledPlan(spec, pooled, manifest), vectors, round: resumed?.round ?? 0 };
}

/** Adds the screened sums of the present round exactly and takes the step. False where the parameters are not finite any more. */
export function takeRound(live: LiveRun, sums: readonly Uint8Array[]): boolean {
  const { plan, vectors, spec } = live;
  for (const sum of sums) vectors.add(sum);
  vectors.step(roundSpan(plan, live.round).count / plan.microBatch, learningRate(spec, live.round, plan.rounds));
  live.round += 1;
  return vectors.isFinite();
}

export const isOver = ({ round, plan }: Pick<LiveRun, 'round' | 'plan'>): boolean => round >= plan.rounds;

export interface RoundPlace extends Pick<LiveRun, 'round' | 'plan'> {
  /** What workers fetch for this round where its parameters are too long for the socket. */
  readonly published: ArtifactRef | null;
}

export function roundStart(live: RoundPlace, digest: Digest): RoundStart {
  const { round, plan, published } = live;
  const epoch = Math.floor(round / plan.roundsPerEpoch);
  const within = isOver(live) ? 0 : roundSpan(plan, round).first;
  return {
    ...{ round, rounds: plan.rounds, epoch, parameters: published, digest },
    microBatches: isOver(live) ? 0 : microBatchesOf(plan, round),
    images: epoch * plan.images + within,
    local: null,
  };
}

/** Written over `into` where that is as long. */
export function checkpointOf({ round, vectors }: LiveRun, into?: Uint8Array): Uint8Array {
  return encodePooled({ round, images: 0, parameters: vectors.parameters, memory: vectors.memory }, into);
}
