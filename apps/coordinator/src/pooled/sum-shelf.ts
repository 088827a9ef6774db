import type { State } from '@gradpool/coordination';
import { modelLayout, trialSpec, type DatasetManifest } from '@gradpool/experiment';
import type { ArtifactRef, Digest, LeaseKey, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { fixedPointFromBytes, isPartialSum } from '@gradpool/tensors';
import type { HotArtifacts } from '../artifacts/hot-artifacts.ts';
import type { Refusal } from '../live/result-screen.ts';
import { formatOf } from './live-run.ts';

type MicroOutcome = Extract<Outcome, { kind: 'micro' }>;

export interface SumShelfParts {
  readonly state: State;
  readonly artifacts: HotArtifacts;
  readonly manifest: (digest: string) => DatasetManifest | null;
}

/** Sums of gradients that workers sent: screened when their result comes, kept until the round is reduced. */
export class SumShelf {
  private readonly parts: SumShelfParts;
  /** By trial: those of its present round. Different slices may have the same sum. */
  private readonly sums = new Map<TrialId, Map<Digest, Float64Array>>();

  constructor(parts: SumShelfParts) {
    this.parts = parts;
  }

  /** What speaks against a result of micro-batches before the core sees it; null where nothing does. */
  async screen(workerId: WorkerId, key: LeaseKey, outcome: MicroOutcome): Promise<Refusal | null> {
    const { state, artifacts } = this.parts;
    const lease = state.leases.get(key.leaseId);
    // The core refuses by itself what is no live lease of this worker.
    if (lease?.kind !== 'micro' || lease.workerId !== workerId || lease.fence !== key.fence) return null;
    const shape = this.shapeOf(lease.trialId);
    if (!shape) return { code: 'E_SPEC', message: 'the spec of this pooled trial is not one that this version reads' };
    const { sha256 } = outcome.sum;
    if (this.find(lease.trialId, outcome.sum)) return null;
    const bytes = await artifacts.readWhole(sha256);
    if (!bytes) return { code: 'E_ARTIFACT_MISSING', message: `the sum ${sha256} was never uploaded; put it first` };
    if (bytes.length !== 8 * shape.size) {
      const message = `the sum has ${bytes.length} bytes; the model of this spec has ${shape.size} parameters of 8`;
      return { code: 'E_WEIGHTS_SHAPE', message };
    }
    const sum = fixedPointFromBytes(bytes);
    if (!isPartialSum(sum, shape.format, lease.to - lease.from)) {
      const message = `the sum ${sha256} holds NaN, a fraction, or more than ${lease.to - lease.from} gradients can be`;
      return { code: 'E_GRADIENT_RANGE', message };
    }
    // Looked up only now: several results of one round are read at the same time.
    const kept = this.sums.get(lease.trialId) ?? new Map<Digest, Float64Array>();
    this.sums.set(lease.trialId, kept.set(sha256, sum));
    await artifacts.remove(sha256);
    return null;
  }

  find(trialId: TrialId, { sha256 }: ArtifactRef): Float64Array | null {
    return this.sums.get(trialId)?.get(sha256) ?? null;
  }

  /** The round is over: what came for it and did not count goes as well. */
  clear(trialId: TrialId): void {
    this.sums.delete(trialId);
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
