import { describe, expect, test } from '@jest/globals';
import {
  attemptsStored,
  evaluator,
  leasesSent,
  openRoom,
  plan,
  revoked,
  settled,
  trainer,
  trialsStored,
  workerOf,
} from './fixtures.ts';
import type { Room } from './fixtures.ts';
import { coordinationLimits as limits } from './index.ts';

function openWith(cells: readonly number[], ...names: string[]): Room {
  const room = openRoom();
  room.submit(plan({ cells, seeds: 1 }));
  room.join(...names.map((name) => trainer(name)));
  return room;
}

const leave = (room: Room, name: string, orderly: boolean) =>
  room.say({ type: 'workerLeft', workerId: workerOf(name), orderly });

describe('leases', () => {
  test('[L1] a worker gets as many leases as it asks for, within its slots', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 1, 1, 1, 1], seeds: 1 }));
    room.join(trainer('a', { slots: 3 }));
    expect(leasesSent(room.ask('a', 2))).toHaveLength(2);
    expect(leasesSent(room.ask('a', 5))).toHaveLength(1);
  });

  test('[L1] a wish stands until work comes, and 0 takes it back', () => {
    const room = openRoom();
    room.join(trainer('a'), trainer('b'));
    room.ask('a');
    room.ask('b');
    room.ask('b', 0);
    const effects = room.say({ type: 'sweepSubmitted', requestId: 'r', plan: plan({ cells: [1, 1], seeds: 1 }) });
    expect(leasesSent(effects).map(({ to }) => to)).toEqual([workerOf('a')]);
  });

  test('[L2] every lease of a trial has its own id and a larger fencing token', () => {
    const room = openWith([1], 'a', 'b');
    const first = room.pull('a');
    leave(room, 'a', true);
    const second = room.pull('b');
    expect(second.lease.leaseId).not.toBe(first.lease.leaseId);
    expect([first.lease.fence, second.lease.fence]).toEqual([1, 2]);
  });

  test('[L3] a lease without a sign of life is lost at its deadline, and its worker is told', () => {
    const room = openWith([1], 'a');
    const grant = room.pull('a');
    expect(revoked(room.wait(limits.leaseMs - 1))).toEqual([]);
    expect(revoked(room.wait(1))).toMatchObject([{ lease: grant.lease, code: 'E_LEASE_EXPIRED', to: workerOf('a') }]);
    expect(room.trial()).toMatchObject({ state: 'waiting', errors: 0 });
  });

  test('[L3] an answer at or after the deadline is refused, tick or no tick', () => {
    const room = openWith([1], 'a');
    const grant = room.pull('a');
    room.now += limits.leaseMs;
    expect(settled(room.result('a', grant))).toMatchObject([{ accepted: false, code: 'E_LEASE_EXPIRED' }]);
    expect(room.trial()).toMatchObject({ state: 'waiting', workerId: null });
  });

  test('[L4] progress, checkpoints and heartbeats that name a lease keep it', () => {
    const room = openWith([1, 1], 'a', 'b');
    const [kept, forgotten] = [room.pull('a'), room.pull('b')];
    room.now += 5_000;
    room.beat('a', kept);
    room.beat('b');
    room.wait(5_000);
    expect([0, 1].map((index) => room.trial(index).state)).toEqual(['running', 'waiting']);
    room.progress('a', kept, 0.2);
    room.wait(8_000);
    room.checkpoint('a', kept, 1);
    room.wait(8_000);
    expect(room.trial(0).state).toBe('running');
    expect(revoked(room.beat('b', forgotten))).toMatchObject([{ code: 'E_LEASE_EXPIRED', checkpointFirst: false }]);
  });

  test('[L5] an answer counts once: the second is refused and changes nothing', () => {
    const room = openWith([1], 'a');
    const grant = room.pull('a');
    expect(settled(room.result('a', grant))).toMatchObject([{ accepted: true, code: null, message: null }]);
    const before = structuredClone(room.state);
    const again = room.result('a', grant, 0.5);
    expect(settled(again)).toMatchObject([{ accepted: false, code: 'E_LEASE_UNKNOWN' }]);
    expect(again.filter(({ type }) => type !== 'send')).toEqual([]);
    expect(structuredClone(room.state)).toEqual(before);
  });

  test.each([
    ['another fencing token', 'a', 7, 'E_LEASE_STALE'],
    ['the lease of another worker', 'b', 0, 'E_LEASE_OWNER'],
  ])('[L6] %s is refused for every kind of message', (_what, name, more, code) => {
    const room = openWith([1], 'a', 'b');
    const { lease } = room.pull('a');
    const wrong = { lease: { ...lease, fence: lease.fence + more } };
    const before = structuredClone(room.state);
    expect(settled(room.result(name, wrong))).toMatchObject([{ accepted: false, code }]);
    expect(settled(room.fail(name, wrong))).toMatchObject([{ accepted: false, code }]);
    expect(revoked(room.progress(name, wrong, 0.5))).toMatchObject([{ code }]);
    expect(revoked(room.checkpoint(name, wrong, 3))).toMatchObject([{ code }]);
    expect(structuredClone(room.state)).toEqual(before);
  });

  test('[L6] a lease that never was is unknown', () => {
    const room = openWith([1], 'a');
    const { lease } = room.pull('a');
    const unknown = { lease: { ...lease, leaseId: '99999999-0000-7000-8000-000000000000' as never } };
    expect(settled(room.result('a', unknown))).toMatchObject([{ accepted: false, code: 'E_LEASE_UNKNOWN' }]);
    expect(revoked(room.beat('a', unknown))).toMatchObject([{ code: 'E_LEASE_UNKNOWN' }]);
  });

  test('[L7] an outcome of another kind is refused and the lease stays', () => {
    const room = openWith([1], 'a');
    const grant = room.pull('a');
    expect(settled(room.verdict('a', grant, 0.01))).toMatchObject([{ accepted: false, code: 'E_OUTCOME_KIND' }]);
    expect(settled(room.result('a', grant))).toMatchObject([{ accepted: true }]);
  });

  test('[L8] a worker that comes back within the grace keeps the leases it still holds', () => {
    const room = openWith([1, 1], 'a');
    room.join(trainer('a', { slots: 2 }));
    const [held, dropped] = leasesSent(room.ask('a', 2));
    leave(room, 'a', false);
    room.now += limits.graceMs - 1;
    const effects = room.say({
      type: 'workerArrived',
      worker: trainer('a', { slots: 2, held: held ? [held.lease] : [] }),
    });
    expect(attemptsStored(effects)).toMatchObject([{ leaseId: dropped?.lease.leaseId, state: 'lost' }]);
    room.wait(limits.leaseMs - 1);
    expect([0, 1].map((index) => room.trial(index).state)).toEqual(['running', 'waiting']);
  });

  test('[L8] after the grace the lease is lost, and naming it at the next hello has it revoked', () => {
    const room = openWith([1], 'a', 'b');
    const grant = room.pull('a');
    room.ask('b');
    leave(room, 'a', false);
    expect(leasesSent(room.wait(limits.graceMs - 1))).toEqual([]);
    const effects = room.wait(1);
    expect(attemptsStored(effects)).toMatchObject([
      { state: 'lost', errorCode: 'E_WORKER_LOST' },
      { state: 'running' },
    ]);
    expect(leasesSent(effects)).toMatchObject([{ to: workerOf('b'), work: { attempt: 2 } }]);
    const back = room.say({ type: 'workerArrived', worker: trainer('a', { held: [grant.lease] }) });
    expect(revoked(back)).toMatchObject([{ code: 'E_LEASE_EXPIRED' }]);
  });

  test('[L9] a worker that leaves in order gives everything back at once', () => {
    const room = openWith([1], 'a', 'b');
    room.pull('a');
    room.ask('b');
    const effects = leave(room, 'a', true);
    expect(attemptsStored(effects).map(({ state }) => state)).toEqual(['released', 'running']);
    expect(leasesSent(effects)).toMatchObject([{ to: workerOf('b') }]);
  });

  test('[L9] a release hands a trial back with its checkpoint', () => {
    const room = openWith([1], 'a', 'b');
    const grant = room.pull('a');
    const checkpoint = { epoch: 6, artifact: { sha256: 'f'.repeat(64) as never, bytes: 9 }, numericClass: 'wasm-1' };
    const effects = room.say({
      type: 'released',
      workerId: workerOf('a'),
      lease: grant.lease,
      reason: 'stopping',
      checkpoint,
    });
    expect(settled(effects)).toMatchObject([{ accepted: true }]);
    expect(trialsStored(effects)).toMatchObject([{ state: 'waiting', checkpoint, errors: 0 }]);
    expect(room.pull('b').work).toMatchObject({ resume: checkpoint });
  });

  test('[L10] a worker that has just answered is not told twice', () => {
    const room = openWith([1], 'a');
    const grant = room.pull('a');
    room.result('a', grant);
    expect(revoked(room.beat('a', grant))).toEqual([]);
  });

  test('[L1] evaluators get no training, trainers no verification, and the untrusted nothing', () => {
    const room = openWith([1, 1], 'a');
    room.join(evaluator('e'), evaluator('u', { trusted: false }));
    expect(leasesSent(room.ask('e'))).toEqual([]);
    room.ask('u');
    const effects = room.result('a', room.pull('a'));
    expect(leasesSent(effects).map(({ to, work }) => [to, work.kind])).toEqual([[workerOf('e'), 'verify']]);
  });
});
