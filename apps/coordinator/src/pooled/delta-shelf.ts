import type { State } from '@gradpool/coordination';
import { modelLayout, trialSpec, type DatasetManifest } from '@gradpool/experiment';
import type { LeaseId, LeaseKey, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { codecs, type Codec } from '@gradpool/tensors';
import type { Refusal } from '../live/result-screen.ts';
import { judgeNorm, startNorms, type NormHistory, type NormLimits } from './norm-history.ts';
import { dropUpload, readVector, type RoundUploads } from './round-uploads.ts';

type LaneOutcome = Extract<Outcome, { kind: 'lane' }>;

export interface DeltaShelfParts extends RoundUploads {
  readonly state: State;
  readonly manifest: (digest: string) => DatasetManifest | null;
  readonly limits: NormLimits;
}

interface RunShelf {
  /** Still encoded, by the lease that they answer. */
  readonly deltas: Map<LeaseId, Uint8Array>;
  readonly norms: NormHistory;
}

/** Changes that lanes sent: screened when their result comes, kept until the average that they count in. */
export class DeltaShelf {
  private readonly parts: DeltaShelfParts;
  private readonly shelves = new Map<TrialId, RunShelf>();

  constructor(parts: DeltaShelfParts) {
    this.parts = parts;
  }

  /** What speaks against a result of a lane before the core sees it; null where nothing does. */
  async screen(workerId: WorkerId, key: LeaseKey, outcome: LaneOutcome): Promise<Refusal | null> {
    const { state } = this.parts;
    const lease = state.leases.get(key.leaseId);
    // The core refuses by itself what is no live lease of this worker, or for another round.
    if (lease?.kind !== 'lane' || lease.workerId !== workerId || lease.fence !== key.fence) return null;
    if (outcome.round !== lease.round) return null;
    const shape = this.shapeOf(lease.trialId);
    if (!shape) return { code: 'E_SPEC', message: 'the spec of this local trial is not one that this version reads' };
    const { size, codec } = shape;
    const bytes = codec.byteLength(size);
    const wanted = { bytesMin: bytes, bytesMax: bytes, what: `a change of ${size} values` };
    const vector = await readVector(this.parts, key.leaseId, outcome.delta, wanted);
    // Meanwhile the lease may have ended, and its run with it: then nothing may be kept for them.
    if (state.leases.get(key.leaseId) !== lease) return null;
    if ('code' in vector) return vector;
    const norm = normOf(codec, vector, size);
    if (!Number.isFinite(norm)) {
      return { code: 'E_WEIGHTS_NOT_FINITE', message: 'the change holds NaN or an infinity; compute it again' };
    }
    const shelf = this.shelfOf(lease.trialId);
    const refusal = judgeNorm(shelf.norms, norm, this.parts.limits);
    if (refusal) return refusal;
    shelf.deltas.set(key.leaseId, vector);
    await dropUpload(this.parts, outcome.delta);
    return null;
  }

  /** Hands over the change that answered a lease. */
  take(trialId: TrialId, leaseId: LeaseId): Uint8Array | null {
    const deltas = this.shelves.get(trialId)?.deltas;
    const bytes = deltas?.get(leaseId) ?? null;
    deltas?.delete(leaseId);
    return bytes;
  }

  /** The run is over. */
  forget(trialId: TrialId): void {
    this.shelves.delete(trialId);
  }

  private shelfOf(trialId: TrialId): RunShelf {
    const known = this.shelves.get(trialId);
    if (known) return known;
    const fresh = { deltas: new Map<LeaseId, Uint8Array>(), norms: startNorms() };
    this.shelves.set(trialId, fresh);
    return fresh;
  }

  private shapeOf(trialId: TrialId): { readonly size: number; readonly codec: Codec } | null {
    const trial = this.parts.state.trials.get(trialId);
    const sweep = trial && this.parts.state.sweeps.get(trial.row.sweepId)?.row;
    const image = sweep && this.parts.manifest(sweep.dataset)?.image;
    const spec = trialSpec.safeParse(trial?.row.spec).data;
    if (!image || spec?.pooled?.mode !== 'local') return null;
    return { size: modelLayout(spec, image).size, codec: codecs[spec.pooled.codec] };
  }
}

/** Euclidean; not finite where a value is not. */
function normOf(codec: Codec, bytes: Uint8Array, size: number): number {
  const values = new Float32Array(size);
  codec.decode(bytes, values);
  let squares = 0;
  // By index: `for of` over a typed array takes ten times as long.
  for (let i = 0; i < size; i += 1) squares += values[i]! ** 2;
  return Math.sqrt(squares);
}
