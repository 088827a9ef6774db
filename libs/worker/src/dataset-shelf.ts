import { datasetDigest, type DatasetManifest } from '@gradpool/experiment';
import type { Digest } from '@gradpool/protocol';
import type { Engine } from './engine.ts';
import { persist, type Transfer } from './transfer.ts';
import { WorkError } from './work-error.ts';

/**
 * Keeps the last data set in memory, since nearly every lease of a sweep asks for the same one. Returns a function from a
 * manifest's digest to the loaded set; two leases that ask at once share one load, and a failed load is tried anew.
 */
export function datasetShelf<Dataset>(
  transfer: Transfer,
  engine: Engine<Dataset>,
): (digest: Digest, signal: AbortSignal) => Promise<Dataset> {
  let kept: { readonly digest: Digest; readonly dataset: Promise<Dataset> } | null = null;
  return async (digest, signal) => {
    if (kept?.digest !== digest) {
      kept = { digest, dataset: load(transfer, engine, digest) };
      // Its leases may all have been stopped by the time it fails.
      kept.dataset.catch(() => undefined);
    }
    const mine = kept;
    try {
      return await untilAborted(mine.dataset, signal);
    } catch (error) {
      if (!signal.aborted && kept === mine) kept = null;
      throw error;
    }
  };
}

/** A load is shared by leases, so that the abort of one of them ends its waiting, not the load. */
async function load<Dataset>(transfer: Transfer, engine: Engine<Dataset>, digest: Digest): Promise<Dataset> {
  const { platform } = transfer;
  const never = new AbortController().signal;
  const patience = { signal: never, attemptsMax: transfer.limits.fetchAttemptsMax };
  const json = await persist(transfer, patience, () => platform.datasetManifest(digest, never));
  const manifest = manifestFrom(json, digest);
  return engine.loadDataset(manifest, (file) =>
    persist(transfer, patience, () => platform.dataFile(file.sha256 as Digest, file.bytes, never)),
  );
}

/** The digest covers every field, so a manifest that has it is the one the coordinator means. Throws WorkError E_DATA_DIGEST. */
export function manifestFrom(value: unknown, digest: Digest): DatasetManifest {
  const manifest = value as DatasetManifest;
  const found = typeof value === 'object' && value !== null ? datasetDigest(manifest) : 'none';
  if (found === digest) return manifest;
  throw new WorkError('E_DATA_DIGEST', `the manifest of data set ${digest} came with digest ${found}`);
}

function untilAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(new WorkError('E_WORK', 'stopped while loading data'));
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    value.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
