import type { ArtifactRef, LeaseId } from '@gradpool/protocol';
import type { HotArtifacts } from '../artifacts/hot-artifacts.ts';
import type { Refusal } from '../live/result-screen.ts';
import type { SumUploads } from './sum-uploads.ts';
import type { VectorInbox } from './vector-inbox.ts';

/** Where the vectors are that workers send for a round: from the socket, put and in memory, or put and on disk where there was no room. */
export interface RoundUploads {
  readonly inbox: VectorInbox;
  readonly artifacts: HotArtifacts;
  readonly uploads: SumUploads;
}

/** The vector that a result is about, or what speaks against it: not there, or of another length than may be. */
export async function readVector(
  parts: RoundUploads,
  leaseId: LeaseId,
  ref: ArtifactRef | null,
  wanted: Wanted,
): Promise<Uint8Array | Refusal> {
  const vector = ref ? await readUpload(parts, ref, wanted) : parts.inbox.collect(leaseId);
  if (!vector) {
    const message = ref
      ? `the vector ${ref.sha256} was never uploaded; put it first`
      : 'no whole vector came ahead of the result; send it in parts first';
    return { code: 'E_ARTIFACT_MISSING', message };
  }
  return 'code' in vector ? vector : (misfit(vector.length, wanted) ?? vector);
}

/** Lengths that a vector may have, and what it is. */
export interface Wanted {
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly what: string;
}

/** Looks at the length before a file is read. */
async function readUpload(
  { artifacts, uploads }: RoundUploads,
  { sha256 }: ArtifactRef,
  wanted: Wanted,
): Promise<Uint8Array | Refusal | null> {
  const held = uploads.find(sha256);
  if (held) return held;
  const stored = artifacts.find(sha256);
  return stored && (misfit(stored.bytes, wanted) ?? artifacts.readWhole(sha256));
}

function misfit(bytes: number, { bytesMin, bytesMax, what }: Wanted): Refusal | null {
  if (bytes >= bytesMin && bytes <= bytesMax) return null;
  const allowed = bytesMin === bytesMax ? `${bytesMax}` : `${bytesMin} to ${bytesMax}`;
  return { code: 'E_WEIGHTS_SHAPE', message: `the vector has ${bytes} bytes; ${what} has ${allowed}` };
}

/** It has been read. */
export async function dropUpload({ artifacts, uploads }: RoundUploads, ref: ArtifactRef | null): Promise<void> {
  if (!ref) return;
  uploads.remove(ref.sha256);
  if (artifacts.find(ref.sha256)) await artifacts.remove(ref.sha256);
}
