import type { ArtifactRef, Digest } from '@gradpool/protocol';
import type { HotArtifacts } from '../artifacts/hot-artifacts.ts';
import type { Refusal } from '../live/result-screen.ts';
import type { SumUploads } from './sum-uploads.ts';

/** Where the vectors are that workers put for a round: in memory, or on disk where there was no room. */
export interface RoundUploads {
  readonly artifacts: HotArtifacts;
  readonly uploads: SumUploads;
}

/** The bytes of a vector that a worker put, or what speaks against them: not there, or of another length. */
export async function readUpload(
  { artifacts, uploads }: RoundUploads,
  { sha256 }: ArtifactRef,
  wanted: { readonly bytes: number; readonly what: string },
): Promise<Uint8Array | Refusal> {
  const held = uploads.find(sha256);
  const there = held?.length ?? artifacts.find(sha256)?.bytes ?? null;
  if (there !== null && there !== wanted.bytes) {
    const message = `the vector has ${there} bytes; ${wanted.what} has ${wanted.bytes}`;
    return { code: 'E_WEIGHTS_SHAPE', message };
  }
  const read = held ?? (there === null ? null : await artifacts.readWhole(sha256));
  return read ?? { code: 'E_ARTIFACT_MISSING', message: `the vector ${sha256} was never uploaded; put it first` };
}

/** It has been read. */
export async function dropUpload({ artifacts, uploads }: RoundUploads, sha256: Digest): Promise<void> {
  uploads.remove(sha256);
  if (artifacts.find(sha256)) await artifacts.remove(sha256);
}
