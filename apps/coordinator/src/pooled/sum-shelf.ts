import type { State } from '@gradpool/coordination';
import { modelLayout, trialSpec, type DatasetManifest } from '@gradpool/experiment';
import type { ArtifactRef, Digest, LeaseKey, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { fixedPointFromBytes, isPartialSum, type FixedPointFormat } from '@gradpool/tensors';
import type { Refusal } from '../live/result-screen.ts';
import { formatOf } from './live-run.ts';
import { judgeNorm, startNorms, type NormHistory, type NormLimits } from './norm-history.ts';
import { dropUpload, readUpload, type RoundUploads } from './round-uploads.ts';

type MicroOutcome = Extract<Outcome, { kind: 'micro' }>;

export interface SumShelfParts extends RoundUploads {
  readonly state: State;
  readonly manifest: (digest: string) => DatasetManifest | null;
  readonly limits: NormLimits;
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
    const sum = this.find(lease.trialId, outcome.sum) ?? (await this.read(outcome.sum, shape.size));
    // Meanwhile the lease may have ended, and its run with it: then nothing may be kept for them.
    if (state.leases.get(key.leaseId) !== lease) return null;
    if ('code' in sum) return sum;
    const refusal = this.judge(sum, lease, shape.format);
    if (refusal) return refusal;
    this.shelfOf(lease.trialId).sums.set(sha256, sum);
    await dropUpload(this.parts, sha256);
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

  private async read(ref: ArtifactRef, size: number): Promise<Float64Array | Refusal> {
    const read = await readUpload(this.parts, ref, { bytes: 8 * size, what: `a sum of ${size} values` });
    return 'code' in read ? read : fixedPointFromBytes(read);
  }

  /** Judged anew for each lease, also where the vector is known: a lease of fewer micro-batches allows less. */
  private judge(sum: Float64Array, { trialId, from, to }: SliceOf, format: FixedPointFormat): Refusal | null {
    const terms = to - from;
    if (!isPartialSum(sum, format, terms)) {
      const message = `the sum holds NaN, a fraction, or more than ${terms} gradients can be; compute it again`;
      return { code: 'E_GRADIENT_RANGE', message };
    }
    return judgeNorm(this.shelfOf(trialId).norms, meanNorm(sum, format, terms), this.parts.limits);
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
    if (!image || spec?.pooled?.mode !== 'exact') return null;
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
