import type { State } from '@gradpool/coordination';
import { modelLayout, trialSpec, type DatasetManifest } from '@gradpool/experiment';
import type { ArtifactRef, Digest, LeaseKey, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { fixedPointFromBytes, isPartialSum, type FixedPointFormat } from '@gradpool/tensors';
import type { HotArtifacts } from '../artifacts/hot-artifacts.ts';
import type { CoordinatorLimits } from '../limits.ts';
import type { Refusal } from '../live/result-screen.ts';
import { formatOf } from './live-run.ts';
import type { SumUploads } from './sum-uploads.ts';
import { medianNorm, noteNorm, startNorms, type NormHistory } from './norm-history.ts';

type MicroOutcome = Extract<Outcome, { kind: 'micro' }>;

export interface SumShelfParts {
  readonly state: State;
  readonly artifacts: HotArtifacts;
  readonly uploads: SumUploads;
  readonly manifest: (digest: string) => DatasetManifest | null;
  readonly limits: Pick<CoordinatorLimits, 'pooledNormRatioMax' | 'pooledNormSamples' | 'pooledNormSamplesMin'>;
}

interface SliceOf {
  readonly trialId: TrialId;
  readonly from: number;
  readonly to: number;
}

/** What came for one run. */
interface RunShelf {
  /** Of its present round. Different slices may have the same sum. */
  readonly sums: Map<Digest, Float64Array>;
  readonly norms: NormHistory;
}

/** Sums of gradients that workers sent: screened when their result comes, kept until the round is reduced. */
export class SumShelf {
  private readonly parts: SumShelfParts;
  private readonly shelves = new Map<TrialId, RunShelf>();

  constructor(parts: SumShelfParts) {
    this.parts = parts;
  }

  /** What speaks against a result of micro-batches before the core sees it; null where nothing does. */
  async screen(workerId: WorkerId, key: LeaseKey, outcome: MicroOutcome): Promise<Refusal | null> {
    const { state } = this.parts;
    const lease = state.leases.get(key.leaseId);
    // The core refuses by itself what is no live lease of this worker.
    if (lease?.kind !== 'micro' || lease.workerId !== workerId || lease.fence !== key.fence) return null;
    const shape = this.shapeOf(lease.trialId);
    if (!shape) return { code: 'E_SPEC', message: 'the spec of this pooled trial is not one that this version reads' };
    const { sha256 } = outcome.sum;
    const sum = this.find(lease.trialId, outcome.sum) ?? (await this.read(sha256, 8 * shape.size));
    // Meanwhile the lease may have ended, and its run with it: then nothing may be kept for them.
    if (state.leases.get(key.leaseId) !== lease) return null;
    if ('code' in sum) return sum;
    const refusal = this.judge(sum, lease, shape.format);
    if (refusal) return refusal;
    this.shelfOf(lease.trialId).sums.set(sha256, sum);
    await this.discard(sha256);
    return null;
  }

  find(trialId: TrialId, { sha256 }: ArtifactRef): Float64Array | null {
    return this.shelves.get(trialId)?.sums.get(sha256) ?? null;
  }

  /** The round is over: what came for it and did not count goes as well. */
  clear(trialId: TrialId): void {
    this.shelves.get(trialId)?.sums.clear();
  }

  /** The run is over. */
  forget(trialId: TrialId): void {
    this.shelves.delete(trialId);
  }

  private async read(sha256: Digest, bytes: number): Promise<Float64Array | Refusal> {
    const { artifacts, uploads } = this.parts;
    const held = uploads.find(sha256);
    const there = held?.length ?? artifacts.find(sha256)?.bytes ?? null;
    if (there !== null && there !== bytes) {
      const message = `the sum has ${there} bytes; the model of this spec has ${bytes / 8} parameters of 8`;
      return { code: 'E_WEIGHTS_SHAPE', message };
    }
    const read = held ?? (there === null ? null : await artifacts.readWhole(sha256));
    if (read) return fixedPointFromBytes(read);
    return { code: 'E_ARTIFACT_MISSING', message: `the sum ${sha256} was never uploaded; put it first` };
  }

  private async discard(sha256: Digest): Promise<void> {
    const { artifacts, uploads } = this.parts;
    uploads.remove(sha256);
    if (artifacts.find(sha256)) await artifacts.remove(sha256);
  }

  /** Judged anew for each lease, also where the vector is known: a lease of fewer micro-batches allows less. */
  private judge(sum: Float64Array, { trialId, from, to }: SliceOf, format: FixedPointFormat): Refusal | null {
    const { pooledNormRatioMax, pooledNormSamples, pooledNormSamplesMin } = this.parts.limits;
    const terms = to - from;
    if (!isPartialSum(sum, format, terms)) {
      const message = `the sum holds NaN, a fraction, or more than ${terms} gradients can be; compute it again`;
      return { code: 'E_GRADIENT_RANGE', message };
    }
    const { norms } = this.shelfOf(trialId);
    const norm = meanNorm(sum, format, terms);
    const median = medianNorm(norms, pooledNormSamplesMin);
    if (median !== null && norm > pooledNormRatioMax * median) {
      const [seen, usual] = [norm.toPrecision(3), median.toPrecision(3)];
      const message = `the gradient has norm ${seen}, beyond ${pooledNormRatioMax} times the median of late, ${usual}; compute it again`;
      return { code: 'E_GRADIENT_NORM', message };
    }
    noteNorm(norms, norm, pooledNormSamples);
    return null;
  }

  // Looked up only when it is needed: several results of one round are read at the same time.
  private shelfOf(trialId: TrialId): RunShelf {
    const known = this.shelves.get(trialId);
    if (known) return known;
    const fresh = { sums: new Map<Digest, Float64Array>(), norms: startNorms() };
    this.shelves.set(trialId, fresh);
    return fresh;
  }

  private shapeOf(trialId: TrialId) {
    const trial = this.parts.state.trials.get(trialId);
    const sweep = trial && this.parts.state.sweeps.get(trial.row.sweepId)?.row;
    const image = sweep && this.parts.manifest(sweep.dataset)?.image;
    const spec = trialSpec.safeParse(trial?.row.spec).data;
    if (!image || !spec?.pooled) return null;
    return { size: modelLayout(spec, image).size, format: formatOf(spec.pooled) };
  }
}

/** Euclidean norm of the mean gradient of `terms` whole micro-batches. */
function meanNorm(sum: Float64Array, { fractionBits }: FixedPointFormat, terms: number): number {
  let squares = 0;
  // By index: `for of` over a typed array takes ten times as long.
  const size = sum.length;
  for (let i = 0; i < size; i += 1) squares += sum[i]! ** 2;
  return Math.sqrt(squares) / (terms * 2 ** fractionBits);
}
