import { describe, expect, test } from '@jest/globals';
import type { Effect } from './events.ts';
import { evaluator, idOf, leasesSent, openRoom, plan, revoked, trainer, workerOf, type Room } from './fixtures.ts';
import { workerView } from './index.ts';

const command = (room: Room, what: 'end' | 'open'): Effect[] => room.say({ type: 'roomCommanded', command: what });
const remove = (room: Room, name: string): Effect[] => room.say({ type: 'workerRemoved', workerId: workerOf(name) });
const told = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.type === 'send' && effect.message.type === 'room' ? [effect.message.state] : []));
const sweepState = (room: Room, sweep = 0) => room.state.sweeps.get(idOf(1, sweep) as never)?.row.state;

describe('[A1] ending the lesson', () => {
  test('every running sweep is paused with checkpoints, everybody is told, and nothing more is given out', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5, 6], seeds: 1 }));
    room.join(trainer('a'), trainer('b'));
    const grant = room.pull('a');
    const effects = command(room, 'end');
    expect(sweepState(room)).toBe('paused');
    expect(revoked(effects)).toMatchObject([{ lease: grant.lease, code: 'E_SWEEP_PAUSED', checkpointFirst: true }]);
    expect(told(effects)).toEqual(['ended', 'ended']);
    expect(leasesSent(room.ask('b'))).toEqual([]);
    room.submit(plan({ cells: [5], seeds: 1, sweep: 1 }));
    expect(leasesSent(room.wait(60_000))).toEqual([]);
    expect(told(command(room, 'end'))).toEqual([]);
  });

  test('rows stand before messages, and a restart knows that the room is ended', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.join(trainer('a'));
    const effects = command(room, 'end');
    const first = effects.findIndex(({ type }) => type === 'send');
    expect(effects.slice(0, first).map((effect) => effect.type === 'persist' && effect.table)).toContain('room');
    expect(effects.slice(first).every(({ type }) => type !== 'persist')).toBe(true);
    const again = openRoom(room.stored(), room.now);
    again.join(trainer('a'));
    expect(leasesSent(again.ask('a'))).toEqual([]);
    command(again, 'open');
    expect(again.trial().state).toBe('running');
  });

  test('what is trained is still verified, and who joins later is told', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.join(trainer('a'));
    room.result('a', room.pull('a'));
    command(room, 'end');
    expect(told(room.say({ type: 'workerArrived', worker: evaluator('e') }))).toEqual(['ended']);
    expect(room.pull('e').work.kind).toBe('verify');
  });
});

describe('[A2] opening the room again', () => {
  test('what ran goes on from its checkpoints; what was paused by hand stays so', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.submit(plan({ cells: [5], seeds: 1, sweep: 1 }));
    room.say({ type: 'sweepCommanded', requestId: 'r', sweepId: idOf(1, 1) as never, command: 'pause' });
    room.join(trainer('a'));
    const grant = room.pull('a');
    command(room, 'end');
    const checkpoint = { epoch: 4, artifact: { sha256: 'a'.repeat(64) as never, bytes: 1 }, numericClass: 'wasm-1' };
    room.say({ type: 'released', workerId: workerOf('a'), lease: grant.lease, reason: 'paused', checkpoint });
    room.ask('a');
    const effects = command(room, 'open');
    expect([sweepState(room, 0), sweepState(room, 1)]).toEqual(['running', 'paused']);
    expect(told(effects)).toEqual(['open']);
    expect(leasesSent(effects)).toMatchObject([{ work: { kind: 'train', resume: { epoch: 4 } } }]);
  });
});

describe('[A3] removing a worker', () => {
  test('its leases go back at once, it is told why, and others take over', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.join(trainer('a'), trainer('b'));
    room.pull('a');
    room.ask('b');
    const effects = remove(room, 'a');
    expect(effects.filter(({ type }) => type === 'close')).toEqual([
      { type: 'close', workerId: workerOf('a'), code: 4410, reason: expect.stringMatching(/^E_REMOVED: /) },
    ]);
    expect(leasesSent(effects).map(({ to }) => to)).toEqual([workerOf('b')]);
    expect(workerView(room.state, workerOf('a'))).toMatchObject({ connected: false, removed: true, leases: [] });
    expect(leasesSent(room.ask('a'))).toEqual([]);
  });

  test('one that is away loses its grace period; an unknown one is no matter', () => {
    const room = openRoom();
    room.submit(plan({ cells: [5], seeds: 1 }));
    room.join(trainer('a'));
    room.pull('a');
    room.say({ type: 'workerLeft', workerId: workerOf('a'), orderly: false });
    const effects = remove(room, 'a');
    expect(effects.some(({ type }) => type === 'close')).toBe(false);
    expect(room.trial().state).toBe('waiting');
    expect(remove(room, 'z')).toEqual([]);
  });

  test('it stays removed over a restart, until the room is opened', () => {
    const room = openRoom();
    room.join(trainer('a'));
    remove(room, 'a');
    const again = openRoom(room.stored(), room.now);
    expect(workerView(again.state, workerOf('a'))?.removed).toBe(true);
    command(again, 'open');
    expect(workerView(again.state, workerOf('a'))?.removed).toBe(false);
    again.join(trainer('a'));
    expect(workerView(again.state, workerOf('a'))?.connected).toBe(true);
  });
});
