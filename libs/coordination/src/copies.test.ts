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
  workerOf,
} from './fixtures.ts';
import type { Room } from './fixtures.ts';
import { coordinationLimits as limits } from './index.ts';

/** `a` (slow) trains the only trial, 100 s of its time, and `b` (ten times faster) is idle. */
function openWithCopy(): {
  readonly room: Room;
  readonly original: ReturnType<Room['pull']>;
  readonly copy: ReturnType<Room['pull']>;
} {
  const room = openRoom();
  room.submit(plan({ cells: [100], seeds: 1 }));
  room.join(trainer('a', { flopsPerSecond: 1 }), trainer('b', { flopsPerSecond: 10 }));
  const original = room.pull('a');
  room.checkpoint('a', original, 3);
  room.ask('b');
  const [copy] = leasesSent(room.wait(limits.speculateMs));
  if (copy === undefined) throw new Error('no copy was made');
  return { room, original, copy };
}

describe('copies', () => {
  test('[C1] an idle worker that is clearly faster gets a copy from the last checkpoint', () => {
    const { copy, room } = openWithCopy();
    expect(copy).toMatchObject({ to: workerOf('b'), work: { copy: true, resume: { epoch: 3 }, attempt: 2 } });
    expect(room.trial()).toMatchObject({ state: 'running', attempts: 2 });
  });

  test('[C1] no copy while a trial waits, nor for a worker that would not be clearly sooner', () => {
    const room = openRoom();
    room.submit(plan({ cells: [100], seeds: 1 }));
    room.join(trainer('a', { flopsPerSecond: 10 }), trainer('b', { flopsPerSecond: 12 }));
    room.pull('a');
    room.ask('b');
    expect(leasesSent(room.wait(limits.speculateMs))).toEqual([]);
  });

  test('[C2] one copy of a trial at most, and the one that ends last is copied first', () => {
    const room = openRoom();
    room.submit(plan({ cells: [100, 60], seeds: 1 }));
    room.join(trainer('a', { slots: 2 }), trainer('b', { flopsPerSecond: 50 }), trainer('c', { flopsPerSecond: 40 }));
    room.ask('a', 2);
    room.ask('c');
    room.ask('b');
    const copies = leasesSent(room.wait(limits.speculateMs));
    expect(copies.map(({ to, work }) => [to, work.kind === 'train' && work.spec['latent']])).toEqual([
      [workerOf('b'), 0],
      [workerOf('c'), 1],
    ]);
    room.join(trainer('d', { flopsPerSecond: 90 }));
    room.ask('d');
    expect(leasesSent(room.wait(limits.speculateMs))).toEqual([]);
  });

  test('[C3] the first result wins: the other lease is revoked and its answer refused', () => {
    const { room, original, copy } = openWithCopy();
    const effects = room.result('b', copy);
    expect(revoked(effects)).toMatchObject([{ lease: original.lease, code: 'E_COPY_FINISHED', to: workerOf('a') }]);
    expect(attemptsStored(effects)).toMatchObject([
      { leaseId: copy.lease.leaseId, state: 'running', endedAt: room.now },
      { leaseId: original.lease.leaseId, state: 'superseded', errorCode: 'E_COPY_FINISHED' },
    ]);
    expect(settled(room.result('a', original))).toMatchObject([{ accepted: false, code: 'E_COPY_FINISHED' }]);
    room.join(evaluator('e'));
    room.verdict('e', room.pull('e'), 0.01);
    expect(room.trial()).toMatchObject({ state: 'complete', workerId: workerOf('b') });
  });

  test('[C3] the original may win as well', () => {
    const { room, original, copy } = openWithCopy();
    expect(revoked(room.result('a', original))).toMatchObject([{ lease: copy.lease }]);
    expect(room.trial()).toMatchObject({ state: 'verifying', workerId: workerOf('a') });
  });

  test('[C4] with one of two leases lost or erred the trial runs on', () => {
    const { room, original, copy } = openWithCopy();
    room.fail('a', original);
    expect(room.trial()).toMatchObject({ state: 'running', errors: 1 });
    room.result('b', copy);
    expect(room.trial().state).toBe('verifying');
  });

  test('[C4] a trial whose errors are used up does not fail while a lease of it lives', () => {
    const room = openRoom();
    room.submit(plan({ cells: [100], seeds: 1, errorsMax: 1 }));
    room.join(trainer('a'), trainer('b', { flopsPerSecond: 10 }));
    const original = room.pull('a');
    room.ask('b');
    const [copy] = leasesSent(room.wait(limits.speculateMs));
    room.fail('a', original);
    expect(room.trial()).toMatchObject({ state: 'running', errors: 1 });
    if (copy !== undefined) room.fail('b', copy);
    expect(room.trial()).toMatchObject({ state: 'failed', errors: 2 });
  });

  test('[C5] a lease that makes no progress is taken to last for ever', () => {
    const room = openRoom();
    room.submit(plan({ cells: [10], seeds: 1 }));
    room.join(trainer('a', { flopsPerSecond: 10 }), trainer('b', { flopsPerSecond: 1 }));
    const stuck = room.pull('a');
    room.ask('b');
    for (let waited = 0; waited < limits.stallMs; waited += 5_000) {
      room.beat('a', stuck);
      expect(leasesSent(room.wait(5_000))).toEqual([]);
    }
    room.beat('a', stuck);
    expect(leasesSent(room.wait(limits.speculateMs))).toMatchObject([{ to: workerOf('b'), work: { copy: true } }]);
  });
});
