import type { State } from '@gradpool/coordination';
import type { LeaseId, LeaseKey, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { codecs, type CodecName } from '@gradpool/tensors';
import type { Refusal } from '../live/result-screen.ts';
import { judgeNorm, startNorms, type NormHistory, type NormLimits } from './norm-history.ts';
import { dropUpload, readVector, type RoundUploads } from './round-uploads.ts';
import type { VectorDesk } from './vector-desk.ts';
import { askNorm } from './vector-threads.ts';

type LaneOutcome = Extract<Outcome, { kind: 'lane' }>;

export interface DeltaShelfParts extends RoundUploads {
  readonly state: State;
  readonly limits: NormLimits;
}

/** What came for one run. */
interface RunShelf {
  readonly size: number;
  readonly codec: CodecName;
  readonly desk: Pick<VectorDesk, 'norm'>;
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

  /** A run of `size` parameters begins. */
  begin(trialId: TrialId, run: Pick<RunShelf, 'size' | 'codec' | 'desk'>): void {
    const { size, codec, desk } = run;
    this.shelves.set(trialId, { size, codec, desk, deltas: new Map(), norms: startNorms() });
  }

  /** What speaks against a result of a lane before the core sees it; null where nothing does. */
  async screen(workerId: WorkerId, key: LeaseKey, outcome: LaneOutcome): Promise<Refusal | null> {
    const { state } = this.parts;
    const lease = state.leases.get(key.leaseId);
    // The core refuses by itself what is no live lease of this worker, or for another round.
    if (lease?.kind !== 'lane' || lease.workerId !== workerId || lease.fence !== key.fence) return null;
    if (outcome.round !== lease.round) return null;
    const shelf = this.shelves.get(lease.trialId);
    // Leases are given only while the run is open, so it has ended meanwhile.
    if (!shelf) return null;
    const { size, codec } = shelf;
    const bytes = codecs[codec].byteLength(size);
    const wanted = { bytesMin: bytes, bytesMax: bytes, what: `a change of ${size} values` };
    const vector = await readVector(this.parts, key.leaseId, outcome.delta, wanted);
    // Meanwhile the lease may have ended, and its run with it: then nothing may be kept for them.
    const isOver = (): boolean => state.leases.get(key.leaseId) !== lease || this.shelves.get(lease.trialId) !== shelf;
    if (isOver()) return null;
    if ('code' in vector) return vector;
    const norm = await askNorm(shelf.desk, vector, 1);
    if (norm === undefined || isOver()) return null;
    if (norm === null) {
      return { code: 'E_WEIGHTS_NOT_FINITE', message: 'the change holds NaN or an infinity; compute it again' };
    }
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

  /** Nobody reads these changes any more: the next ones may take their place. */
  giveBack(changes: readonly { readonly bytes: Uint8Array }[]): void {
    for (const { bytes } of changes) this.parts.inbox.giveBack(bytes);
  }

  /** The run is over. */
  forget(trialId: TrialId): void {
    this.shelves.delete(trialId);
  }
}
