import type { State } from '@gradpool/coordination';
import type { LeaseId, MessageOf, TrialId, WorkerId } from '@gradpool/protocol';
import type { CoordinatorLimits } from '../limits.ts';

interface Arriving {
  readonly bytes: Uint8Array;
  filled: number;
}

export interface VectorInboxParts {
  readonly state: State;
  readonly limits: Pick<CoordinatorLimits, 'vectorInboxBytesMax'>;
  readonly onTaken: (trialId: TrialId, bytes: number) => void;
}

/** Vectors that workers send ahead of their results, part by part: one for each live lease of a pooled run, and no more. */
export class VectorInbox {
  private readonly parts: VectorInboxParts;
  private readonly arriving = new Map<LeaseId, Arriving>();
  private heldBytes = 0;

  constructor(parts: VectorInboxParts) {
    this.parts = parts;
  }

  /** Takes a part in; null, or why not. The result then finds no vector, and is refused for that. */
  take(workerId: WorkerId, { lease, total, offset, bytes }: MessageOf<'vector'>): string | null {
    const { leaseId, fence } = lease;
    const live = this.parts.state.leases.get(leaseId);
    const isPooled = live?.kind === 'micro' || live?.kind === 'lane';
    // The result gets its answer from the core.
    if (!isPooled || live.workerId !== workerId || live.fence !== fence) return null;
    if (offset === 0 && !this.begin(leaseId, total)) {
      return `there is no room for the ${total} bytes of the vector of lease ${leaseId}; try again in a second`;
    }
    const arriving = this.arriving.get(leaseId);
    if (arriving?.filled !== offset || offset + bytes.length > arriving.bytes.length) {
      this.drop(leaseId);
      return `a part of the vector of lease ${leaseId} at ${offset} does not follow the one before; send it from 0`;
    }
    arriving.bytes.set(bytes, offset);
    arriving.filled += bytes.length;
    this.parts.onTaken(live.trialId, bytes.length);
    return null;
  }

  /** Hands over the vector of a lease; null where it is not whole. */
  collect(leaseId: LeaseId): Uint8Array | null {
    const arriving = this.arriving.get(leaseId);
    this.drop(leaseId);
    return arriving?.filled === arriving?.bytes.length ? (arriving?.bytes ?? null) : null;
  }

  /** Forgets what came for leases that are gone; the coordinator calls it now and then, so that nothing stays for ever. */
  dropEnded(): void {
    for (const leaseId of this.arriving.keys()) if (!this.parts.state.leases.has(leaseId)) this.drop(leaseId);
  }

  private begin(leaseId: LeaseId, total: number): boolean {
    this.drop(leaseId);
    const { vectorInboxBytesMax } = this.parts.limits;
    if (this.heldBytes + total > vectorInboxBytesMax) this.dropEnded();
    if (this.heldBytes + total > vectorInboxBytesMax) return false;
    this.heldBytes += total;
    this.arriving.set(leaseId, { bytes: new Uint8Array(total), filled: 0 });
    return true;
  }

  private drop(leaseId: LeaseId): void {
    this.heldBytes -= this.arriving.get(leaseId)?.bytes.length ?? 0;
    this.arriving.delete(leaseId);
  }
}
