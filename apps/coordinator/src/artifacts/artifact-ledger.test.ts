import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createState, type TrialRow } from '@gradpool/coordination';
import type { ArtifactRef, Digest, TrialId, TrialState } from '@gradpool/protocol';
import { expect, test } from '@jest/globals';
import { openMemoryStore } from '../store/memory-store.ts';
import { digestOf } from '../testing/weights.ts';
import { ArtifactLedger } from './artifact-ledger.ts';
import { openFolderArtifacts } from './folder-artifacts.ts';

test('[A4] keeps weights and the checkpoints of trials that may go on; removes the rest once it is old', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'gradpool-ledger-'));
  try {
    const artifacts = await openFolderArtifacts(dir);
    const store = openMemoryStore();
    const put = async (text: string): Promise<ArtifactRef> => {
      const bytes = Buffer.from(text);
      const sha256 = digestOf(bytes) as Digest;
      await artifacts.put(sha256, Readable.from([bytes]));
      return { sha256, bytes: bytes.length };
    };
    const [weights, finished, live, orphan] = [
      await put('weights'),
      await put('finished'),
      await put('live'),
      await put('orphan'),
    ];
    const pictures = await put('pictures');
    const { state } = createState(
      { sweeps: [], cells: [], trials: [], attempts: [], workers: [], baselines: [], embeddings: [], rooms: [] },
      0,
    );
    const trial = (id: string, trialState: TrialState, at: ArtifactRef, trained: ArtifactRef | null): void => {
      const checkpoint = { epoch: 1, artifact: at, numericClass: 'x' };
      state.trials.set(
        id as TrialId,
        { row: { state: trialState, checkpoint, weights: trained } as TrialRow } as never,
      );
    };
    trial('done', 'complete', finished, weights);
    trial('running', 'running', live, null);
    const ledger = new ArtifactLedger({
      store,
      artifacts,
      state,
      pictures: new Set([pictures.sha256]),
      clock: () => 0,
      settled: () => Promise.resolve(),
      orphanMs: -60_000,
    });
    for (const [kind, artifact] of [
      ['weights', weights],
      ['checkpoint', finished],
      ['checkpoint', live],
    ] as const) {
      await ledger.record(kind, artifact);
    }
    const young = new ArtifactLedger({
      store,
      artifacts,
      state,
      pictures: new Set([pictures.sha256]),
      clock: () => 0,
      settled: () => Promise.resolve(),
      orphanMs: 60_000,
    });
    expect(await young.removeUnneeded()).toBe(0);
    expect(await ledger.removeUnneeded()).toBe(2);
    expect([...artifacts.list()].map(({ sha256 }) => sha256).sort()).toEqual(
      [weights, live, pictures].map(({ sha256 }) => sha256).sort(),
    );
    expect(artifacts.find(orphan.sha256)).toBeNull();
    expect(ledger.has('checkpoint', finished)).toBe(false);
    expect(ledger.has('checkpoint', live)).toBe(true);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
