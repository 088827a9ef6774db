import type { ArtifactRef } from '@gradpool/protocol';
import { parametersFromBytes } from '@gradpool/tensors';
import { fetchArtifact, type Transfer } from './transfer.ts';

/** Keeps the last round's parameters: the leases of one round all start from the same ones, fetched once for all. */
export function parameterShelf(transfer: Transfer): (ref: ArtifactRef, signal: AbortSignal) => Promise<Float32Array> {
  let kept: { readonly sha256: string; readonly values: Promise<Float32Array> } | null = null;
  return async (ref, signal) => {
    if (kept?.sha256 === ref.sha256) {
      // The lease that began this fetch may have been dropped, which is no reason for ours to fail.
      const values = await kept.values.catch(() => null);
      if (values) return values;
    }
    const values = fetchArtifact(transfer, ref, signal).then(parametersFromBytes);
    kept = { sha256: ref.sha256, values };
    return values;
  };
}
