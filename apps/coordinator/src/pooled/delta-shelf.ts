import type { LeaseId, LeaseKey, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { codecs, type CodecName } from '@gradpool/tensors';
import type { Refusal } from '../live/result-screen.ts';
import { startNorms } from './norm-history.ts';
import { type RunShelf, screenVector, type ShelfParts, type VectorRules } from './screen-vector.ts';

type LaneOutcome = Extract<Outcome, { kind: 'lane' }>;

/** Changes, still encoded. */
interface DeltaRun extends RunShelf {
  readonly size: number;
  readonly codec: CodecName;
}

/** Changes that lanes sent: screened when their result comes, kept until the average that they count in. */
export class DeltaShelf {
  private readonly parts: ShelfParts;
  private readonly runs = new Map<TrialId, DeltaRun>();
  private readonly rules: VectorRules<DeltaRun> = {
    kind: 'lane',
    runOf: (trialId) => this.runs.get(trialId),
    wanted: ({ size, codec }) => {
      const bytes = codecs[codec].byteLength(size);
      return { bytesMin: bytes, bytesMax: bytes, what: `a change of ${size} values` };
    },
    // Its length is all of it.
    formFault: () => null,
    noNorm: () => ({
      code: 'E_WEIGHTS_NOT_FINITE',
      message: 'the change holds NaN or an infinity; compute it again',
    }),
  };

  constructor(parts: ShelfParts) {
    this.parts = parts;
  }

  /** A run of `size` parameters begins. */
  begin(trialId: TrialId, { size, codec, desk }: Pick<DeltaRun, 'size' | 'codec' | 'desk'>): void {
    this.runs.set(trialId, { size, codec, desk, vectors: new Map(), norms: startNorms() });
  }

  /** What speaks against a result of a lane before the core sees it; null where nothing does. */
  screen(workerId: WorkerId, key: LeaseKey, { round, delta }: LaneOutcome): Promise<Refusal | null> {
    return screenVector(this.parts, this.rules, { workerId, key, round, ref: delta });
  }

  /** Hands over the change that answered a lease. */
  take(trialId: TrialId, leaseId: LeaseId): Uint8Array | null {
    const changes = this.runs.get(trialId)?.vectors;
    const bytes = changes?.get(leaseId) ?? null;
    changes?.delete(leaseId);
    return bytes;
  }

  /** Nobody reads these changes any more: the next ones may take their place. */
  giveBack(changes: readonly { readonly bytes: Uint8Array }[]): void {
    for (const { bytes } of changes) this.parts.inbox.giveBack(bytes);
  }

  /** The run is over. */
  forget(trialId: TrialId): void {
    this.runs.delete(trialId);
  }
}
