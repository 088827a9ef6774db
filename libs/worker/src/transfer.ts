import { wireLimits, type ArtifactRef, type Digest } from '@gradpool/protocol';
import { backoffMs } from './backoff.ts';
import type { Platform } from './platform.ts';
import { WorkError } from './work-error.ts';
import type { WorkerLimits } from './worker-limits.ts';

/** Blobs and files over HTTP, with a bounded number of attempts at what may pass. */
export interface Transfer {
  readonly platform: Platform;
  readonly limits: WorkerLimits;
}

export interface Patience {
  readonly signal: AbortSignal;
  readonly attemptsMax: number;
}

/** Names the bytes, stores them and returns their name. */
export async function storeArtifact(
  transfer: Transfer,
  bytes: Uint8Array,
  patience: Patience,
  purpose: 'keep' | 'round' = 'keep',
): Promise<ArtifactRef> {
  const sha256 = (await transfer.platform.sha256(bytes)) as Digest;
  await persist(transfer, patience, () => transfer.platform.putArtifact(sha256, bytes, patience.signal, purpose));
  return { sha256, bytes: bytes.length };
}

/** A vector of a round goes over the socket, ahead of its result; one that is too long for that is put first, and named. */
export async function handIn(
  transfer: Transfer,
  bytes: Uint8Array,
  drop: AbortSignal,
): Promise<{ readonly ref: ArtifactRef | null; readonly vector: Uint8Array | null }> {
  if (bytes.length <= wireLimits.vectorBytesMax) return { ref: null, vector: bytes };
  const patience = { signal: drop, attemptsMax: transfer.limits.fetchAttemptsMax };
  return { ref: await storeArtifact(transfer, bytes, patience, 'round'), vector: null };
}

/** Fetches an artifact; E_ARTIFACT_DIGEST where the bytes are not the ones named. */
export async function fetchArtifact(transfer: Transfer, ref: ArtifactRef, signal: AbortSignal): Promise<Uint8Array> {
  const patience = { signal, attemptsMax: transfer.limits.fetchAttemptsMax };
  const bytes = await persist(transfer, patience, () => transfer.platform.getArtifact(ref.sha256, signal));
  const found = await transfer.platform.sha256(bytes);
  if (found === ref.sha256) return bytes;
  throw new WorkError(
    'E_ARTIFACT_DIGEST',
    `artifact ${ref.sha256} came as ${bytes.length} bytes with SHA-256 ${found}`,
  );
}

/** Tries again after a transient failure, waiting longer each time; rejects with the last failure, or at once on abort. */
export async function persist<Value>(
  { platform, limits }: Transfer,
  { signal, attemptsMax }: Patience,
  attempt: () => Promise<Value>,
): Promise<Value> {
  for (let failed = 0; ; failed += 1) {
    try {
      return await attempt();
    } catch (error) {
      const again = error instanceof WorkError && error.transient && failed + 1 < attemptsMax;
      if (!again || signal.aborted) throw error;
      const { transferFirstMs: firstMs, transferMaxMs: maxMs } = limits;
      await pause(platform, backoffMs({ attempt: failed, firstMs, maxMs, random: platform.random() }), signal);
    }
  }
}

function pause(platform: Platform, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = platform.setTimer(ms, done);
    function done(): void {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
