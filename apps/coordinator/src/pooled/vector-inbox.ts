import type { State } from '@gradpool/coordination';
import type { LeaseId, MessageOf, TrialId, WorkerId } from '@gradpool/protocol';
import type { CoordinatorLimits } from '../limits.ts';
import { putBytes, vectorMemory, type VectorMemoryLimits } from './vector-memory.ts';

interface Arriving {
  readonly bytes: Uint8Array;
  filled: number;
}

export interface VectorInboxParts {
  readonly state: State;
  readonly limits: Pick<CoordinatorLimits, 'vectorInboxBytesMax' | 'vectorSpareBytesMax'> & VectorMemoryLimits;
  readonly onTaken: (trialId: TrialId, bytes: number) => void;
}

/** Memory is allotted in such steps, since the lengths of vectors differ a little from round to round. */
const memoryStepBytes = 65_536;

/** Vectors that workers send ahead of their results, part by part: one for each live lease of a pooled run, and no more. */
export class VectorInbox {
  private readonly parts: VectorInboxParts;
  private readonly arriving = new Map<LeaseId, Arriving>();
  private heldBytes = 0;
  /** Memory for the next vectors, and the memory of those that were handed over. */
  private readonly spare: ArrayBufferLike[] = [];
  private readonly handedOver = new WeakSet<ArrayBufferLike>();

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
    putBytes(arriving.bytes, bytes, offset);
    arriving.filled += bytes.length;
    this.parts.onTaken(live.trialId, bytes.length);
    return null;
  }

  /** Hands over the vector of a lease; null where it is not whole. */
  collect(leaseId: LeaseId): Uint8Array | null {
    const arriving = this.arriving.get(leaseId);
    if (!arriving || arriving.filled < arriving.bytes.length) {
      this.drop(leaseId);
      return null;
    }
    this.arriving.delete(leaseId);
    this.heldBytes -= arriving.bytes.buffer.byteLength;
    this.handedOver.add(arriving.bytes.buffer);
    return arriving.bytes;
  }

  /** Nobody reads these bytes any more: where they were collected here, the next vector takes their place. */
  giveBack({ buffer }: Uint8Array): void {
    if (this.handedOver.delete(buffer)) this.spareIt(buffer);
  }

  /** Forgets what came for leases that are gone; the coordinator calls it now and then, so that nothing stays for ever. */
  dropEnded(): void {
    for (const leaseId of this.arriving.keys()) if (!this.parts.state.leases.has(leaseId)) this.drop(leaseId);
  }

  private begin(leaseId: LeaseId, total: number): boolean {
    this.drop(leaseId);
    const { vectorInboxBytesMax } = this.parts.limits;
    const needed = memoryStepBytes * Math.ceil(total / memoryStepBytes);
    if (this.heldBytes + needed > vectorInboxBytesMax) this.dropEnded();
    if (this.heldBytes + needed > vectorInboxBytesMax) return false;
    const memory = this.memoryFor(needed);
    this.heldBytes += memory.byteLength;
    this.arriving.set(leaseId, { bytes: new Uint8Array(memory, 0, total), filled: 0 });
    return true;
  }

  /** Memory that is used again: allocated anew for each vector, it would have to be cleared and collected as often. */
  private memoryFor(bytes: number): ArrayBufferLike {
    const fits = this.spare.findIndex(({ byteLength }) => byteLength >= bytes && byteLength < 2 * bytes);
    return (fits < 0 ? undefined : this.spare.splice(fits, 1)[0]) ?? vectorMemory(bytes, this.parts.limits);
  }

  private spareIt(buffer: ArrayBufferLike): void {
    this.spare.push(buffer);
    let spareBytes = this.spare.reduce((sum, { byteLength }) => sum + byteLength, 0);
    while (spareBytes > this.parts.limits.vectorSpareBytesMax)
      spareBytes -= this.spare.shift()?.byteLength ?? spareBytes;
  }

  private drop(leaseId: LeaseId): void {
    const arriving = this.arriving.get(leaseId);
    if (!arriving) return;
    this.heldBytes -= arriving.bytes.buffer.byteLength;
    this.arriving.delete(leaseId);
    this.spareIt(arriving.bytes.buffer);
  }
}
