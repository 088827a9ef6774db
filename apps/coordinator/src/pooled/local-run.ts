import type { RoundStart } from '@gradpool/coordination';
import {
  initialParameters,
  localPlan,
  type DatasetManifest,
  type LocalPlan,
  type LocalSpec,
  type TrialSpec,
} from '@gradpool/experiment/run-plan';
import type { KernelModule } from '@gradpool/kernels';
import type { ArtifactRef, Digest } from '@gradpool/protocol';
import { codecs, geometricMedian, inGroups, streamOf, trimmedMean, type OptimizerRule } from '@gradpool/tensors';
import { openLocalVectors, type LocalVectors } from './local-vectors.ts';
import { decodePooled, encodePooled } from './pooled-checkpoint.ts';

/** The vectors of one pooled run in local mode, and where it stands. */
export interface LocalRun {
  readonly kind: 'local';
  readonly spec: TrialSpec;
  readonly pooled: LocalSpec;
  readonly plan: LocalPlan;
  readonly vectors: LocalVectors;
  /** Averages taken. */
  round: number;
  /** That have counted. */
  images: number;
}

/** What workers fetch for a round. */
export interface PublishedRound {
  readonly parameters: ArtifactRef;
  /** From the parameters of the round before; null for the first one that this process published. */
  readonly change: { readonly from: Digest; readonly change: ArtifactRef } | null;
}

export interface LocalSource {
  readonly spec: TrialSpec;
  readonly pooled: LocalSpec;
  readonly manifest: DatasetManifest;
  readonly checkpoint: Uint8Array | null;
  /** Null where the engine has no SIMD. */
  readonly kernels: KernelModule | null;
}

/** Douillard et al. 2023 (DiLoCo): Nesterov momentum along the averaged change. */
const outerMomentum = 0.9;
const outerRate = 0.7;

/**
 * Momentum comes in slowly, 0 in the first round and 0.9 from round 27 on: the first changes are large and all point one way, and seven
 * times their sum can saturate a model for good. Where a round has only a `share` of the usual images it counts for as much: a burst of
 * small rounds would else carry on what nobody looks at.
 */
function outerAfter(rounds: number, share: number): OptimizerRule {
  return { name: 'momentum', mu: share * Math.min(outerMomentum, 1 - 3 / (rounds + 3)), nesterov: true };
}

/** Momentum needs about ten rounds to come up to speed: where a run has fewer than this, plain averaging does better. */
const outerRoundsMin = 20;

/** From the checkpoint, or from the seed where there is none that can be read. */
export function startLocalRun({ spec, pooled, manifest, checkpoint, kernels }: LocalSource): LocalRun {
  const initial = initialParameters(spec, manifest.image);
  const shape = { codec: pooled.codec, rule: outerAfter(0, 1), size: initial.length };
  const vectors = openLocalVectors(kernels, shape);
  const { parameters, shown, memory } = vectors;
  const resumed = checkpoint && decodePooled(checkpoint, initial.length, memory.vectors.length);
  parameters.set(resumed?.parameters ?? initial);
  shown.set(parameters);
  memory.step = resumed?.memory.step ?? 0;
  for (const [i, vector] of memory.vectors.entries()) if (resumed) vector.set(resumed.memory.vectors[i]!);
  return {
    ...{ kind: 'local', spec, pooled, plan: localPlan(spec, manifest), vectors },
    ...{ round: resumed?.round ?? 0, images: resumed?.images ?? 0 },
  };
}

/** What a lane sent, still encoded, and on how many images it trained. */
export interface Change {
  readonly bytes: Uint8Array;
  readonly images: number;
}

/**
 * Takes the mean of the changes, each weighed by its images (or a robust one), and the outer step along it: only the `share` of it that they
 * are of a whole round. Changes of one round that come one by one would else be added up, not averaged. False where the parameters are not
 * finite any more.
 */
export function takeChanges(live: LocalRun, changes: readonly Change[], share: number): boolean {
  const { vectors, plan } = live;
  const images = changes.reduce((sum, change) => sum + change.images, 0);
  if (live.pooled.aggregate === 'mean')
    for (const change of changes) vectors.add(change.bytes, (share * change.images) / images);
  else vectors.mean.set(robustChange(live.pooled, changes, vectors.mean.length).map((value) => share * value));
  const usual = live.round > 0 ? live.images / live.round : images;
  if (plan.imagesTotal / usual < outerRoundsMin) {
    vectors.average();
  } else {
    // Downhill along the gradient is uphill along the change.
    vectors.step(outerAfter(vectors.memory.step, Math.min(share, images / usual)), -outerRate);
  }
  live.round += 1;
  live.images += images;
  return vectors.isFinite();
}

/** What the changes come to together, as the spec's `aggregate` says. */
function robustChange({ codec, aggregate }: LocalSpec, changes: readonly Change[], size: number): Float32Array {
  const weights = changes.map(({ images }) => images);
  const groups = inGroups(size, weights, (index, out) => {
    codecs[codec].decode(changes[index]!.bytes, out);
  });
  return aggregate === 'trimmed_mean' ? trimmedMean(groups) : geometricMedian(groups);
}

/** Encodes what the workers lack, and takes it for shown. */
export function nextChange({ vectors, spec, round }: LocalRun): Uint8Array {
  return vectors.nextChange({ seed: spec.seed, stream: streamOf('change', round) });
}

export const isLocalOver = ({ images, plan }: Pick<LocalRun, 'images' | 'plan'>): boolean => images >= plan.imagesTotal;

export const localEpoch = ({ images, plan, spec }: Pick<LocalRun, 'images' | 'plan' | 'spec'>): number =>
  Math.min(spec.epochs, Math.floor(images / plan.images));

export interface LocalPlace extends Omit<LocalRun, 'kind' | 'vectors'> {
  /** Where vectors are too long for the socket: the newest last; those of earlier rounds for workers that are late. */
  readonly published: readonly PublishedRound[];
}

export function localRoundStart(live: LocalPlace, digest: Digest): RoundStart {
  const { round, images, plan, pooled, published } = live;
  const perRound = round > 0 ? images / round : pooled.batch * pooled.steps;
  return {
    ...{ round, rounds: round + Math.max(0, Math.ceil((plan.imagesTotal - images) / perRound)) },
    ...{ epoch: localEpoch(live), microBatches: 0, images, parameters: published.at(-1)?.parameters ?? null, digest },
    local: {
      ...{ imagesTotal: plan.imagesTotal, batch: pooled.batch, stepsMax: pooled.steps },
      ...{ stalenessMax: pooled.staleness, changes: published.flatMap(({ change }) => change ?? []) },
    },
  };
}

/** Written over `into` where that is as long. */
export function localCheckpoint({ round, images, vectors }: LocalRun, into?: Uint8Array): Uint8Array {
  return encodePooled({ round, images, parameters: vectors.parameters, memory: vectors.memory }, into);
}
