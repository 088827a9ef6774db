import type { ArtifactRef, Digest } from '@gradpool/protocol';
import { addTo, codecs, parameterBytes, parametersFromBytes, type CodecName } from '@gradpool/tensors';
import { fetchArtifact, type Transfer } from './transfer.ts';

/** A way to parameters from those of earlier rounds, oldest first: each change leads to where the next one starts. */
interface ChangesOfRounds {
  readonly codec: CodecName;
  readonly changes: readonly { readonly from: Digest; readonly change: ArtifactRef }[];
}

type Fetched = (ref: ArtifactRef, signal: AbortSignal, way?: ChangesOfRounds) => Promise<Float32Array>;

/**
 * Parameters that are too long for the socket. Keeps the last round's: the leases of one round all start from the same ones, got once for
 * all. Where a way leads to the next ones from those it fetches only the changes, and the whole vector where that does not end at the
 * digest asked for.
 */
export function fetchedParameters(transfer: Transfer): Fetched {
  let kept: { readonly sha256: Digest; readonly values: Promise<Float32Array> } | null = null;
  return async (ref, signal, way) => {
    const before = kept;
    if (before?.sha256 === ref.sha256) {
      // The lease that began this fetch may have been dropped, which is no reason for ours to fail.
      const values = await before.values.catch(() => null);
      if (values) return values;
    }
    const whole = async (): Promise<Float32Array> => parametersFromBytes(await fetchArtifact(transfer, ref, signal));
    const walked = before && way && walk({ transfer, ref, signal }, before, way).catch(() => null);
    const values = walked ? walked.then((found) => found ?? whole()) : whole();
    kept = { sha256: ref.sha256, values };
    return values;
  };
}

interface Goal {
  readonly transfer: Transfer;
  readonly ref: ArtifactRef;
  readonly signal: AbortSignal;
}

/** Null where the way does not pass what is here, or ends elsewhere. */
async function walk(
  { transfer, ref, signal }: Goal,
  from: { readonly sha256: Digest; readonly values: Promise<Float32Array> },
  { codec, changes }: ChangesOfRounds,
): Promise<Float32Array | null> {
  const start = changes.findIndex((step) => step.from === from.sha256);
  if (start < 0) return null;
  const values = (await from.values).slice();
  const change = new Float32Array(values.length);
  for (const { change: artifact } of changes.slice(start)) {
    codecs[codec].decode(await fetchArtifact(transfer, artifact, signal), change);
    addTo(values, change);
  }
  return (await transfer.platform.sha256(parameterBytes(values))) === ref.sha256 ? values : null;
}
