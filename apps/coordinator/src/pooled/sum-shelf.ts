import type { LeaseId, LeaseKey, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { fixedPointBytesMax, isFixedPointBytes } from '@gradpool/tensors';
import type { Refusal } from '../live/result-screen.ts';
import { startNorms } from './norm-history.ts';
import { type RunShelf, screenVector, type ShelfParts, type VectorRules } from './screen-vector.ts';

type MicroOutcome = Extract<Outcome, { kind: 'micro' }>;

/** Sums of the present round, packed. */
interface SumRun extends RunShelf {
  readonly size: number;
}

/** Sums of gradients that workers sent: screened when their result comes, kept until the round is reduced. */
export class SumShelf {
  private readonly parts: ShelfParts;
  private readonly runs = new Map<TrialId, SumRun>();
  private readonly rules: VectorRules<SumRun> = {
    kind: 'micro',
    runOf: (trialId) => this.runs.get(trialId),
    wanted: ({ size }) => ({ bytesMin: 1, bytesMax: fixedPointBytesMax(size), what: `a sum of ${size} values` }),
    formFault: ({ size }, sum) => {
      if (isFixedPointBytes(sum, size)) return null;
      const message = `the sum has ${sum.length} bytes, which are not ${size} values as their widths say; send it again`;
      return { code: 'E_WEIGHTS_SHAPE', message };
    },
    noNorm: (terms) => ({
      code: 'E_GRADIENT_RANGE',
      message: `the sum holds NaN, a fraction, or more than ${terms} gradients can be; compute it again`,
    }),
  };

  constructor(parts: ShelfParts) {
    this.parts = parts;
  }

  /** A run of `size` parameters begins. */
  begin(trialId: TrialId, { size, desk }: Pick<SumRun, 'size' | 'desk'>): void {
    this.runs.set(trialId, { size, desk, vectors: new Map(), norms: startNorms() });
  }

  /** What speaks against a result of micro-batches before the core sees it; null where nothing does. */
  screen(workerId: WorkerId, key: LeaseKey, { round, sum }: MicroOutcome): Promise<Refusal | null> {
    return screenVector(this.parts, this.rules, { workerId, key, round, ref: sum });
  }

  find(trialId: TrialId, leaseId: LeaseId): Uint8Array | null {
    return this.runs.get(trialId)?.vectors.get(leaseId) ?? null;
  }

  /** The round is over: what came for it and did not count goes as well. */
  clear(trialId: TrialId): void {
    const sums = this.runs.get(trialId)?.vectors;
    for (const sum of sums?.values() ?? []) this.parts.inbox.giveBack(sum);
    sums?.clear();
  }

  /** The run is over. */
  forget(trialId: TrialId): void {
    this.clear(trialId);
    this.runs.delete(trialId);
  }
}
