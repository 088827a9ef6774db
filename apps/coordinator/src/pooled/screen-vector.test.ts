import { expect, test } from '@jest/globals';
import type { State } from '@gradpool/coordination';
import type { LeaseId, LeaseKey, TrialId, WorkerId } from '@gradpool/protocol';
import { startNorms } from './norm-history.ts';
import { screenVector, type RunShelf, type ShelfParts, type VectorRules } from './screen-vector.ts';
import { VectorInbox } from './vector-inbox.ts';

const workerId = 'worker' as WorkerId;
const trialId = 'trial' as TrialId;
const keyOf = (n: number): LeaseKey => ({ leaseId: `lease ${n}` as LeaseId, fence: 1 });
const refusal = { code: 'E_WEIGHTS_NOT_FINITE', message: 'no' } as const;

/** A run of which `norm` comes of every vector, and leases 1 to 3 on it. */
function open(norm: () => number | null) {
  const lease = { kind: 'lane', workerId, fence: 1, trialId, round: 5 };
  const leases = new Map([1, 2, 3].map((n) => [`lease ${n}`, { ...lease }]));
  const state = { leases } as unknown as State;
  const memory = { vectorInboxBytesMax: 1_000_000, vectorSpareBytesMax: 1_000_000, vectorSharedBytesMin: 1_000_000 };
  const inbox = new VectorInbox({ state, limits: memory, onTaken: () => undefined });
  const limits = { pooledNormRatioMax: 100, pooledNormSamples: 8, pooledNormSamplesMin: 2 };
  const parts = { state, inbox, limits } as unknown as ShelfParts;
  const run: RunShelf = { desk: { norm: () => Promise.resolve(norm()) }, vectors: new Map(), norms: startNorms() };
  /** Memory of the vectors that were looked at. */
  const seen: ArrayBufferLike[] = [];
  const rules: VectorRules<RunShelf> = {
    kind: 'lane',
    runOf: (id) => (id === trialId ? run : undefined),
    wanted: () => ({ bytesMin: 4, bytesMax: 4, what: 'a vector' }),
    formFault: (_run, vector) => {
      seen.push(vector.buffer);
      return vector[0] === 0 ? refusal : null;
    },
    noNorm: () => refusal,
  };
  return {
    ...{ run, leases, seen },
    /** Sends a vector ahead of its result. */
    send: (n: number, bytes: readonly number[]): void => {
      inbox.take(workerId, { type: 'vector', lease: keyOf(n), total: 4, offset: 0, bytes: Uint8Array.from(bytes) });
    },
    screen: (n: number, round = 5) => screenVector(parts, rules, { workerId, key: keyOf(n), round, ref: null }),
  };
}

test('[P5] what counts is kept by its lease; another round is the core’s to refuse', async () => {
  const { run, send, screen } = open(() => 1);
  send(1, [1, 2, 3, 4]);
  expect(await screen(1, 4)).toBeNull();
  expect(run.vectors.size).toBe(0);
  expect(await screen(1)).toBeNull();
  expect([...run.vectors]).toEqual([['lease 1', Uint8Array.of(1, 2, 3, 4)]]);
});

test.each([
  { why: 'its form', bytes: [0, 0, 0, 0], norm: 1, ends: false },
  { why: 'having no norm', bytes: [1, 1, 1, 1], norm: null, ends: false },
  { why: 'a lease that ended meanwhile', bytes: [1, 1, 1, 1], norm: 1, ends: true },
])('[P5] the memory of a vector refused for $why takes the next one', async ({ bytes, norm, ends }) => {
  const { run, leases, seen, send, screen } = open(() => {
    if (seen.length > 1) return 1;
    if (ends) leases.delete('lease 1');
    return norm;
  });
  send(1, bytes);
  expect(await screen(1)).toEqual(ends ? null : refusal);
  expect(run.vectors.size).toBe(0);
  send(2, [2, 2, 2, 2]);
  expect(await screen(2)).toBeNull();
  expect(run.vectors.get(keyOf(2).leaseId)).toEqual(Uint8Array.of(2, 2, 2, 2));
  expect(seen[1]).toBe(seen[0]);
});
