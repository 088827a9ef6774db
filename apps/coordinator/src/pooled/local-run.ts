import type { RoundStart } from '@gradpool/coordination';
import {
  initialParameters,
  localPlan,
  type DatasetManifest,
  type LocalPlan,
  type LocalSpec,
  type TrialSpec,
} from '@gradpool/experiment';
import type { ArtifactRef, Digest } from '@gradpool/protocol';
import {
  addTo,
  codecs,
  difference,
  geometricMedian,
  inGroups,
  isFiniteVector,
  optimizerOf,
  streamOf,
  trimmedMean,
  type OptimizerMemory,
} from '@gradpool/tensors';
import { decodePooled, encodePooled } from './pooled-checkpoint.ts';

/** The vectors of one pooled run in local mode. */
export interface LocalRun {
  readonly kind: 'local';
  readonly run: number;
  readonly spec: TrialSpec;
  readonly pooled: LocalSpec;
  readonly plan: LocalPlan;
  /** What has been learnt, in full. */
  readonly parameters: Float32Array;
  /** What the workers have of it: the sum of all changes as they were sent. The next change makes up for what was lost. */
  readonly shown: Float32Array;
  /** Of the outer optimizer. */
  readonly memory: OptimizerMemory;
  /** Averages taken. */
  round: number;
  /** That have counted. */
  images: number;
  /** The newest last; those of earlier rounds for workers that are late. */
  readonly published: PublishedRound[];
  checkpointRound: number;
  checkpointAt: number;
}

/** What workers fetch for a round. */
interface PublishedRound {
  readonly parameters: ArtifactRef;
  /** From the parameters of the round before; null for the first one that this process published. */
  readonly change: { readonly from: Digest; readonly change: ArtifactRef } | null;
}

export interface LocalSource {
  readonly run: number;
  readonly spec: TrialSpec;
  readonly pooled: LocalSpec;
  readonly manifest: DatasetManifest;
  readonly checkpoint: Uint8Array | null;
  readonly now: number;
}

/** Douillard et al. 2023 (DiLoCo): Nesterov momentum along the averaged change. */
const outerMomentum = 0.9;
const outerRate = 0.7;

/**
 * Momentum comes in slowly, 0 in the first round and 0.9 from round 27 on: the first changes are large and all point one way, and seven
 * times their sum can saturate a model for good. Where a round has only a `share` of the usual images it counts for as much: a burst of
 * small rounds would else carry on what nobody looks at.
 */
function outerAfter(rounds: number, share: number) {
  const mu = share * Math.min(outerMomentum, 1 - 3 / (rounds + 3));
  return optimizerOf({ name: 'momentum', mu, nesterov: true });
}

/** Momentum needs about ten rounds to come up to speed: where a run has fewer than this, plain averaging does better. */
const outerRoundsMin = 20;

/** From the checkpoint, or from the seed where there is none that can be read. */
export function startLocalRun({ run, spec, pooled, manifest, checkpoint, now }: LocalSource): LocalRun {
  const initial = initialParameters(spec, manifest.image);
  const resumed = checkpoint && decodePooled(checkpoint, initial.length, 1);
  const parameters = resumed?.parameters ?? initial;
  const round = resumed?.round ?? 0;
  return {
    ...{ kind: 'local', run, spec, pooled, plan: localPlan(spec, manifest), parameters, shown: parameters.slice() },
    ...{
      memory: resumed?.memory ?? outerAfter(0, 1).init(initial.length),
      round,
      images: resumed?.images ?? 0,
      published: [],
    },
    ...{ checkpointRound: round, checkpointAt: now },
  };
}

/** What a lane sent, still encoded, and on how many images it trained. */
interface Change {
  readonly bytes: Uint8Array;
  readonly images: number;
}

/**
 * Takes the mean of the changes, each weighed by its images (or a robust one), and the outer step along it. False where the parameters are
 * not finite any more.
 */
export function takeChanges(live: LocalRun, changes: readonly Change[]): boolean {
  const { parameters, memory, plan } = live;
  const images = changes.reduce((sum, change) => sum + change.images, 0);
  const mean = meanChange(live, changes);
  const usual = live.round > 0 ? live.images / live.round : images;
  if (plan.imagesTotal / usual < outerRoundsMin) {
    addTo(parameters, mean);
  } else {
    // Downhill along the gradient is uphill along the change.
    outerAfter(memory.step, Math.min(1, images / usual)).update(parameters, mean, memory, -outerRate);
  }
  live.round += 1;
  live.images += images;
  return isFiniteVector(parameters);
}

/** What the changes come to together, as the spec's `aggregate` says. */
function meanChange({ parameters, pooled }: LocalRun, changes: readonly Change[]): Float32Array {
  const codec = codecs[pooled.codec];
  const size = parameters.length;
  const weights = changes.map(({ images }) => images);
  if (pooled.aggregate !== 'mean') {
    const groups = inGroups(size, weights, (index, out) => {
      codec.decode(changes[index]!.bytes, out);
    });
    return pooled.aggregate === 'trimmed_mean' ? trimmedMean(groups) : geometricMedian(groups);
  }
  const images = weights.reduce((sum, weight) => sum + weight, 0);
  const [mean, one] = [new Float32Array(size), new Float32Array(size)];
  for (const change of changes) {
    codec.decode(change.bytes, one);
    addTo(mean, one, change.images / images);
  }
  return mean;
}

/** Encodes what the workers lack, and takes it for shown. */
export function nextChange({ parameters, shown, pooled, spec, round }: LocalRun): Uint8Array {
  const codec = codecs[pooled.codec];
  const change = difference(parameters, shown);
  const bytes = codec.encode(change, { seed: spec.seed, stream: streamOf('change', round) });
  codec.decode(bytes, change);
  addTo(shown, change);
  return bytes;
}

export const isLocalOver = ({ images, plan }: LocalRun): boolean => images >= plan.imagesTotal;

export const localEpoch = ({ images, plan, spec }: LocalRun): number =>
  Math.min(spec.epochs, Math.floor(images / plan.images));

export function localRoundStart(live: LocalRun): RoundStart {
  const { round, images, plan, pooled, published } = live;
  const perRound = round > 0 ? images / round : pooled.batch * pooled.steps;
  return {
    ...{ round, rounds: round + Math.max(0, Math.ceil((plan.imagesTotal - images) / perRound)) },
    ...{ epoch: localEpoch(live), microBatches: 0, images, parameters: published.at(-1)!.parameters },
    local: {
      ...{ imagesTotal: plan.imagesTotal, batch: pooled.batch, stepsMax: pooled.steps },
      ...{ stalenessMax: pooled.staleness, changes: published.flatMap(({ change }) => change ?? []) },
    },
  };
}

export function localCheckpoint({ round, images, parameters, memory }: LocalRun): Uint8Array {
  return encodePooled({ round, images, parameters, memory });
}
