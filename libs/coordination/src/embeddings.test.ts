import { describe, expect, test } from '@jest/globals';
import type { LeaseKey, TrialId } from '@gradpool/protocol';
import type { Effect } from './events.ts';
import { evaluator, idOf, leasesSent, openRoom, plan, replyOf, settled, trainer, workerOf } from './fixtures.ts';
import type { Room } from './fixtures.ts';
import { coordinationLimits as limits, embedLeaseOf, sweepView } from './index.ts';

const map = { sha256: 'b'.padStart(64, '0') as never, bytes: 40 };
const apart = { silhouette: 0.5, neighbourAccuracy: 0.9 };
const separation = { codes: apart, pca: apart, tsne: apart };

/** A room whose one sweep has so many cells of one trial each, complete with these errors, in this order. */
function completed(...errors: number[]): Room {
  const room = openRoom();
  room.submit(plan({ cells: errors.map((_, i) => errors.length - i), seeds: 1 }));
  room.join(trainer('a'), evaluator('e'));
  for (const error of errors) {
    room.result('a', room.pull('a'), error);
    room.verdict('e', room.pull('e'), error);
  }
  return room;
}

const mapped = (room: Room, grant: { readonly lease: LeaseKey }, name = 'e'): Effect[] =>
  room.say({
    type: 'resulted',
    workerId: workerOf(name),
    lease: grant.lease,
    outcome: { kind: 'embed', map, points: 2, separation, durationMs: 9 },
  });

const ask = (room: Room, trialId: TrialId) => replyOf(room.say({ type: 'embeddingAsked', requestId: 'r', trialId }));

/** The trials of the embed leases that an evaluator gets one after the other until none is left. */
function mapAll(room: Room, name = 'e'): TrialId[] {
  const trialIds: TrialId[] = [];
  for (;;) {
    const [grant] = leasesSent(room.ask(name));
    if (grant?.work.kind !== 'embed') return trialIds;
    trialIds.push(grant.work.trialId);
    mapped(room, grant, name);
  }
}

const sweepOf = (room: Room) => sweepView(room.state, idOf(1, 0) as never, room.now);

describe('embeddings', () => {
  test('[E1] the best and the worst trial of a sweep are mapped once it is complete, which waits for neither', () => {
    const room = completed(0.03, 0.01, 0.05, 0.02);
    expect(sweepOf(room)?.state).toBe('complete');
    expect(mapAll(room)).toEqual([room.trial(1).trialId, room.trial(2).trialId]);
    const { embedding } = room.trial(1);
    expect(embedding).toEqual({ map, points: 2, separation, computedAt: room.now });
    expect(room.trial(0).embedding).toBeNull();
    expect(room.stored().embeddings.map(({ workerId }) => workerId)).toEqual([workerOf('e'), workerOf('e')]);
  });

  test('[E1] a restart knows what is stored, and asks again for what is not', () => {
    const room = completed(0.03, 0.01);
    mapped(room, room.pull('e'));
    room.pull('e');
    const after = openRoom(room.stored(), room.now);
    expect(after.trial(1).embedding?.map).toEqual(map);
    after.join(evaluator('f'));
    expect(mapAll(after, 'f')).toEqual([after.trial(0).trialId]);
  });

  test('[E2] anybody may ask for a complete trial, once is enough, and no other trial has one', () => {
    const room = completed(0.03, 0.01, 0.05);
    room.submit(plan({ cells: [1], seeds: 1, sweep: 1 }));
    const { trialId } = room.trial(0);
    expect(ask(room, trialId)).toMatchObject({ ok: true, created: true });
    expect(ask(room, trialId)).toMatchObject({ ok: true, created: true });
    expect(mapAll(room)).toEqual([1, 2, 0].map((i) => room.trial(i).trialId));
    expect(ask(room, trialId)).toMatchObject({ ok: true, created: false });
    expect(mapAll(room)).toEqual([]);
    expect(ask(room, room.trial(0, 1).trialId)).toMatchObject({ ok: false, code: 'E_TRIAL_OPEN' });
    expect(ask(room, idOf(3, 999_999) as TrialId)).toMatchObject({ ok: false, code: 'E_TRIAL_OPEN' });
  });

  test('[E2] no more may wait than the limit', () => {
    const room = completed(...Array.from({ length: limits.embeddingsWaitingMax + 1 }, (_, i) => 0.01 + i / 1e4));
    const replies = Array.from({ length: limits.embeddingsWaitingMax + 1 }, (_, i) => ask(room, room.trial(i).trialId));
    // The two ends wait already.
    expect(replies.filter(({ ok }) => !ok)).toMatchObject([{ code: 'E_EMBEDDING_LIMIT' }]);
    mapped(room, room.pull('e'));
    expect(ask(room, room.trial(limits.embeddingsWaitingMax - 1).trialId).ok).toBe(true);
  });

  test('[E3] after verification and baselines, and one at a time where there are slots for more', () => {
    const room = completed(0.03, 0.01);
    room.join(evaluator('f', { slots: 2 }));
    const baseline = { baseline: 'pca', latent: 8, noise: 0 } as const;
    room.submit(plan({ cells: [1], seeds: 1, sweep: 1, baselines: [baseline] }));
    room.result('a', room.pull('a'));
    expect(leasesSent(room.ask('f', 2)).map(({ work }) => work.kind)).toEqual(['verify', 'baseline']);
    room.join(evaluator('g', { slots: 3 }));
    expect(leasesSent(room.ask('g', 3)).map(({ work }) => work.kind)).toEqual(['embed']);
    expect(leasesSent(room.ask('e')).map(({ work }) => work.kind)).toEqual(['embed']);
  });

  test('[E4] one that errs rests and is tried again, and in the end given up', () => {
    const room = completed(0.03);
    let grants = leasesSent(room.ask('e'));
    for (let error = 1; error <= limits.embeddingErrorsMax; error += 1) {
      expect(grants).toMatchObject([{ work: { kind: 'embed' } }]);
      for (const grant of grants) room.fail('e', grant);
      expect(leasesSent(room.ask('e'))).toEqual([]);
      grants = leasesSent(room.wait(60_000));
    }
    expect(grants).toEqual([]);
    expect(ask(room, room.trial(0).trialId)).toMatchObject({ ok: false, code: 'E_EMBEDDING_FAILED' });
    const after = openRoom(room.stored(), room.now);
    after.join(evaluator('f'));
    expect(mapAll(after, 'f')).toEqual([room.trial(0).trialId]);
  });

  test('[E4] one whose evaluator is gone, hands it back or is silent waits again', () => {
    const room = completed(0.03);
    const lost = room.pull('e');
    room.join(evaluator('f'));
    expect(leasesSent(room.ask('f'))).toEqual([]);
    const [again] = leasesSent(room.wait(limits.leaseMs));
    expect(again).toMatchObject({ to: workerOf('f'), work: { kind: 'embed' } });
    expect(settled(mapped(room, lost))).toMatchObject([{ accepted: false, code: 'E_LEASE_EXPIRED' }]);
    room.say({ type: 'released', workerId: workerOf('f'), lease: again!.lease, reason: 'leaving', checkpoint: null });
    const grant = room.pull('f');
    // However lively it is.
    for (let ms = 0; ms < limits.embeddingMsMax; ms += limits.heartbeatMs) {
      room.beat('f', grant);
      room.wait(limits.heartbeatMs);
    }
    expect(settled(mapped(room, grant, 'f'))).toMatchObject([{ accepted: false }]);
    expect(room.trial(0).embedding).toBeNull();
  });

  test('[E5] a sweep that is extended maps its new ends and none twice', () => {
    const room = completed(0.03, 0.01);
    expect(mapAll(room)).toHaveLength(2);
    room.say({
      type: 'sweepExtended',
      requestId: 'r',
      sweepId: idOf(1, 0) as never,
      plan: plan({ cells: [2, 1, 1], seeds: 1, hash: '9' }),
    });
    // The last wish of the evaluator still stands.
    const [judging] = leasesSent(room.result('a', room.pull('a'), 0.002));
    room.verdict('e', judging!, 0.002);
    expect(mapAll(room)).toEqual([room.trial(2).trialId]);
  });

  test('only the evaluator that holds its lease answers for a map', () => {
    const room = completed(0.03);
    const { lease } = room.pull('e');
    expect(embedLeaseOf(room.state, workerOf('e'), lease)?.trialId).toBe(room.trial(0).trialId);
    expect(embedLeaseOf(room.state, workerOf('f'), lease)).toBeNull();
    expect(embedLeaseOf(room.state, workerOf('e'), { ...lease, fence: lease.fence + 1 })).toBeNull();
  });
});
