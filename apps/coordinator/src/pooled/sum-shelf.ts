import type { State } from '@gradpool/coordination';
import type { LeaseId, LeaseKey, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { fixedPointBytesMax, isFixedPointBytes } from '@gradpool/tensors';
import type { Refusal } from '../live/result-screen.ts';
import { judgeNorm, startNorms, type NormHistory, type NormLimits } from './norm-history.ts';
import { dropUpload, readVector, type RoundUploads } from './round-uploads.ts';
import type { VectorDesk } from './vector-desk.ts';
import { askNorm } from './vector-threads.ts';

type MicroOutcome = Extract<Outcome, { kind: 'micro' }>;

export interface SumShelfParts extends RoundUploads {
  readonly state: State;
  readonly limits: NormLimits;
}

/** What came for one run. */
interface RunShelf {
  readonly size: number;
  readonly desk: Pick<VectorDesk, 'norm'>;
  /** Of its present round, packed, by the lease that they answer. */
  readonly sums: Map<LeaseId, Uint8Array>;
  readonly norms: NormHistory;
}

/** Sums of gradients that workers sent: screened when their result comes, kept until the round is reduced. */
export class SumShelf {
  private readonly parts: SumShelfParts;
  private readonly shelves = new Map<TrialId, RunShelf>();

  constructor(parts: SumShelfParts) {
    this.parts = parts;
  }

  /** A run of `size` parameters begins. */
  begin(trialId: TrialId, { size, desk }: Pick<RunShelf, 'size' | 'desk'>): void {
    this.shelves.set(trialId, { size, desk, sums: new Map(), norms: startNorms() });
  }

  /** What speaks against a result of micro-batches before the core sees it; null where nothing does. */
  async screen(workerId: WorkerId, key: LeaseKey, outcome: MicroOutcome): Promise<Refusal | null> {
    const { state } = this.parts;
    const lease = state.leases.get(key.leaseId);
    // The core refuses by itself what is no live lease of this worker, or for another round.
    if (lease?.kind !== 'micro' || lease.workerId !== workerId || lease.fence !== key.fence) return null;
    if (outcome.round !== lease.round) return null;
    const size = this.shelves.get(lease.trialId)?.size ?? 0;
    const wanted = { bytesMin: 1, bytesMax: fixedPointBytesMax(size), what: `a sum of ${size} values` };
    const sum = await readVector(this.parts, key.leaseId, outcome.sum, wanted);
    const shelf = this.shelves.get(lease.trialId);
    // Meanwhile the lease may have ended, and its run with it: then nothing may be kept for them.
    if (state.leases.get(key.leaseId) !== lease || !shelf) return null;
    if ('code' in sum) return sum;
    const refusal = await this.judge(shelf, sum, lease.to - lease.from);
    const isOver = state.leases.get(key.leaseId) !== lease || this.shelves.get(lease.trialId) !== shelf;
    if (refusal || isOver) {
      this.parts.inbox.giveBack(sum);
      return isOver ? null : refusal;
    }
    shelf.sums.set(key.leaseId, sum);
    await dropUpload(this.parts, outcome.sum);
    return null;
  }

  find(trialId: TrialId, leaseId: LeaseId): Uint8Array | null {
    return this.shelves.get(trialId)?.sums.get(leaseId) ?? null;
  }

  /** The round is over: what came for it and did not count goes as well. */
  clear(trialId: TrialId): void {
    const sums = this.shelves.get(trialId)?.sums;
    for (const sum of sums?.values() ?? []) this.parts.inbox.giveBack(sum);
    sums?.clear();
  }

  /** The run is over. */
  forget(trialId: TrialId): void {
    this.clear(trialId);
    this.shelves.delete(trialId);
  }

  private async judge({ size, desk, norms }: RunShelf, sum: Uint8Array, terms: number): Promise<Refusal | null> {
    if (!isFixedPointBytes(sum, size)) {
      const message = `the sum has ${sum.length} bytes, which are not ${size} values as their widths say; send it again`;
      return { code: 'E_WEIGHTS_SHAPE', message };
    }
    const norm = await askNorm(desk, sum, terms);
    if (norm === undefined) return null;
    if (norm === null) {
      const message = `the sum holds NaN, a fraction, or more than ${terms} gradients can be; compute it again`;
      return { code: 'E_GRADIENT_RANGE', message };
    }
    return judgeNorm(norms, norm, this.parts.limits);
  }
}
