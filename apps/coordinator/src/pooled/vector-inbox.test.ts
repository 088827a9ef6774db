import { beforeEach, describe, expect, test } from '@jest/globals';
import type { State } from '@gradpool/coordination';
import type { LeaseId, MessageOf, TrialId, WorkerId } from '@gradpool/protocol';
import { VectorInbox } from './vector-inbox.ts';

const worker = 'worker' as WorkerId;
const leaseOf = (n: number) => ({ leaseId: `lease ${n}` as LeaseId, fence: 1 });

let leases: Map<string, object>;
let inbox: VectorInbox;
let taken: number;
beforeEach(() => {
  leases = new Map([1, 2, 3].map((n) => [`lease ${n}`, { kind: 'micro', workerId: worker, fence: 1 }]));
  taken = 0;
  const onTaken = (_trialId: TrialId, bytes: number): void => void (taken += bytes);
  const state = { leases } as unknown as State;
  const limits = { vectorInboxBytesMax: 150_000, vectorSpareBytesMax: 150_000, vectorSharedBytesMin: 100_000 };
  inbox = new VectorInbox({ state, limits, onTaken });
});

const part = (n: number, offset: number, bytes: number[], total = 4): MessageOf<'vector'> => ({
  ...{ type: 'vector', lease: leaseOf(n), total, offset, bytes: Uint8Array.from(bytes) },
});

describe('[P1] vectors ahead of their results', () => {
  test('are put together from parts, and handed over once', () => {
    expect(inbox.take(worker, part(1, 0, [1, 2]))).toBeNull();
    expect(inbox.take(worker, part(2, 0, [9, 9, 9, 9]))).toBeNull();
    expect(inbox.take(worker, part(1, 2, [3, 4]))).toBeNull();
    expect(taken).toBe(8);
    expect(inbox.collect(leaseOf(1).leaseId)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(inbox.collect(leaseOf(1).leaseId)).toBeNull();
    expect(inbox.collect(leaseOf(2).leaseId)).toEqual(Uint8Array.of(9, 9, 9, 9));
  });

  test('begin anew at the first part, as after a lost connection', () => {
    inbox.take(worker, part(1, 0, [1, 2]));
    inbox.take(worker, part(1, 0, [5, 6]));
    inbox.take(worker, part(1, 2, [7, 8]));
    expect(inbox.collect(leaseOf(1).leaseId)).toEqual(Uint8Array.of(5, 6, 7, 8));
  });

  test('that are not whole, or whose parts do not follow each other or are too long, are none', () => {
    inbox.take(worker, part(1, 0, [1, 2]));
    expect(inbox.collect(leaseOf(1).leaseId)).toBeNull();
    for (const [offset, bytes] of [
      [3, [1]],
      [2, [1, 2, 3]],
    ] as const) {
      inbox.take(worker, part(1, 0, [1, 2]));
      expect(inbox.take(worker, part(1, offset, [...bytes]))).toMatch(/does not follow/);
      expect(inbox.collect(leaseOf(1).leaseId)).toBeNull();
    }
    expect(inbox.take(worker, part(1, 2, [1, 2]))).toMatch(/send it from 0/);
  });

  test('are not kept for a lease that is gone, of another worker or of another kind', () => {
    leases.set('lease 3', { kind: 'train', workerId: worker, fence: 1 });
    for (const [who, n] of [
      ['other', 1],
      [worker, 3],
      [worker, 4],
    ] as const) {
      expect(inbox.take(who as WorkerId, part(n, 0, [1, 2, 3, 4]))).toBeNull();
      expect(inbox.collect(leaseOf(n).leaseId)).toBeNull();
    }
  });

  test('take so much memory and no more; what leases left behind makes room', () => {
    expect(inbox.take(worker, part(1, 0, [1], 100_000))).toBeNull();
    expect(inbox.take(worker, part(2, 0, [1], 60_000))).toMatch(/no room/);
    leases.delete('lease 1');
    expect(inbox.take(worker, part(2, 0, [1], 60_000))).toBeNull();
  });

  test('come into memory that was given back, and never into what is still read', () => {
    const whole = (n: number, bytes: number[]): Uint8Array => {
      inbox.take(worker, part(n, 0, bytes));
      return inbox.collect(leaseOf(n).leaseId)!;
    };
    const first = whole(1, [1, 2, 3, 4]);
    const second = whole(2, [5, 6, 7, 8]);
    expect(second.buffer).not.toBe(first.buffer);
    expect(first).toEqual(Uint8Array.of(1, 2, 3, 4));
    inbox.giveBack(first);
    // Once only, and nothing that did not come from here.
    inbox.giveBack(first);
    inbox.giveBack(new Uint8Array(65_536));
    const third = whole(3, [9, 9, 9, 9]);
    expect(third.buffer).toBe(first.buffer);
    expect(whole(1, [1, 1, 1, 1]).buffer).not.toBe(first.buffer);
    expect(second).toEqual(Uint8Array.of(5, 6, 7, 8));
  });

  test('leave no more memory behind than the limit says', () => {
    const held = [1, 2, 3].map((n) => {
      inbox.take(worker, part(n, 0, [1, 2, 3, 4]));
      return inbox.collect(leaseOf(n).leaseId)!;
    });
    for (const bytes of held) inbox.giveBack(bytes);
    const again = [1, 2, 3].map((n) => {
      inbox.take(worker, part(n, 0, [1, 2, 3, 4]));
      return inbox.collect(leaseOf(n).leaseId)!.buffer;
    });
    const known = new Set(held.map(({ buffer }) => buffer));
    expect(again.map((buffer) => known.has(buffer))).toEqual([true, true, false]);
  });
});
