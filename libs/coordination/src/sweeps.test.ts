import { describe, expect, test } from '@jest/globals';
import {
  attemptsStored,
  checkpointAt,
  evaluator,
  idOf,
  leasesSent,
  openRoom,
  plan,
  replyOf,
  revoked,
  trainer,
  trialsStored,
  workerOf,
} from './fixtures.ts';
import type { Room } from './fixtures.ts';
import { listSweeps, sweepView } from './index.ts';

const sweepId = idOf(1, 0) as never;

function command(room: Room, what: 'pause' | 'resume' | 'cancel') {
  return room.say({ type: 'sweepCommanded', requestId: 'r', sweepId, command: what });
}

describe('sweeps', () => {
  test('[S1] a submitted sweep is stored whole, and its trials wait', () => {
    const room = openRoom();
    expect(room.submit(plan({ cells: [1, 2], seeds: 2 }))).toEqual({
      ok: true,
      sweepId,
      created: true,
      trialsAdded: 4,
    });
    const { sweeps, cells, trials } = room.stored();
    expect([sweeps.length, cells.length, trials.length]).toEqual([1, 2, 4]);
    expect(sweepView(room.state, sweepId, 0)).toMatchObject({
      state: 'running',
      cells: 2,
      cellsDone: 0,
      trials: { waiting: 4 },
    });
  });

  test('[S2] the same spec again is the same sweep', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    const again = plan({ cells: [1], seeds: 1 });
    const other = { ...again, sweep: { ...again.sweep, sweepId: idOf(1, 7) as never } };
    expect(room.submit(other)).toEqual({ ok: true, sweepId, created: false, trialsAdded: 0 });
    expect(listSweeps(room.state, 0)).toHaveLength(1);
  });

  test.each([
    ['a trial of an unknown cell', (made: ReturnType<typeof plan>) => ({ ...made, cells: [] })],
    [
      'two trials with one seed',
      (made: ReturnType<typeof plan>) => ({ ...made, trials: [...made.trials, ...made.trials] }),
    ],
    [
      'an infinite cost',
      (made: ReturnType<typeof plan>) => ({ ...made, cells: made.cells.map((cell) => ({ ...cell, cost: Infinity })) }),
    ],
    ['no errors allowed', (made: ReturnType<typeof plan>) => ({ ...made, sweep: { ...made.sweep, errorsMax: 0 } })],
  ])('[S3] a plan with %s is refused and changes nothing', (_what, spoil) => {
    const room = openRoom();
    expect(room.submit(spoil(plan({ cells: [1], seeds: 1 })))).toMatchObject({ ok: false, code: 'E_SWEEP_PLAN' });
    expect(room.stored().sweeps).toEqual([]);
    expect(room.state.trials.size + room.state.sweeps.size + room.state.cells.size).toBe(0);
  });

  test('[S3] a plan that takes ids of another sweep is refused', () => {
    const room = openRoom();
    const first = plan({ cells: [1], seeds: 1 });
    room.submit(first);
    const second = plan({ cells: [1], seeds: 1, sweep: 1 });
    expect(room.submit({ ...second, cells: first.cells, trials: first.trials })).toMatchObject({
      code: 'E_SWEEP_PLAN',
    });
    expect(room.submit({ ...second, sweep: { ...second.sweep, sweepId } })).toMatchObject({ code: 'E_SWEEP_PLAN' });
  });

  test('[S4] sweeps take turns by the work they were granted, also where one worker serves them', () => {
    const room = openRoom();
    room.submit(plan({ cells: [10, 10, 10], seeds: 1 }));
    room.submit(plan({ cells: [10, 10, 10], seeds: 1, sweep: 1 }));
    room.join(trainer('a'));
    const order: string[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      const grant = room.pull('a');
      order.push(grant.work.sweepId);
      room.result('a', grant);
    }
    const [first, second] = [idOf(1, 0), idOf(1, 1)];
    expect(order).toEqual([first, second, first, second, first, second]);
  });

  test('[S4] a sweep that joins later does not make up for the time before it', () => {
    const room = openRoom();
    room.submit(plan({ cells: Array.from({ length: 10 }, () => 10), seeds: 1 }));
    room.join(trainer('a', { slots: 10 }));
    room.ask('a', 4);
    room.submit(plan({ cells: [10, 10, 10, 10], seeds: 1, sweep: 1 }));
    const turns = leasesSent(room.ask('a', 4)).map(({ work }) => work.sweepId);
    expect(turns.filter((id) => id === idOf(1, 1))).toHaveLength(2);
  });

  test('[S4] a sweep that was granted much before a pause does not pay for it afterwards', () => {
    const room = openRoom();
    room.submit(plan({ cells: Array.from({ length: 10 }, () => 10), seeds: 1 }));
    room.join(trainer('a', { slots: 20 }));
    room.ask('a', 6);
    command(room, 'pause');
    room.submit(plan({ cells: [10, 10, 10, 10], seeds: 1, sweep: 1 }));
    command(room, 'resume');
    const turns = leasesSent(room.ask('a', 4)).map(({ work }) => work.sweepId);
    expect(turns.filter((id) => id === sweepId)).toHaveLength(2);
  });

  test('[S5] a pause asks for checkpoints, grants nothing, and puts trials back with them', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 1], seeds: 1 }));
    room.join(trainer('a'), trainer('b'));
    const grant = room.pull('a');
    const paused = command(room, 'pause');
    expect(revoked(paused)).toMatchObject([
      { lease: grant.lease, code: 'E_SWEEP_PAUSED', checkpointFirst: true, to: workerOf('a') },
    ]);
    expect(leasesSent(room.ask('b'))).toEqual([]);
    expect(room.trial().state).toBe('running');
    const effects = room.say({
      type: 'released',
      workerId: workerOf('a'),
      lease: grant.lease,
      reason: 'paused',
      checkpoint: checkpointAt(4),
    });
    expect(room.trial().state).toBe('waiting');
    expect(attemptsStored(effects)).toMatchObject([{ state: 'released', toEpoch: 4 }]);
    expect(trialsStored(effects)).toMatchObject([{ checkpoint: { epoch: 4 }, errors: 0 }]);
    expect(leasesSent(room.ask('a'))).toEqual([]);
  });

  test('[S5] a worker that ignores the pause loses its lease, heartbeats or not', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'));
    const grant = room.pull('a');
    command(room, 'pause');
    for (let beat = 0; beat < 15; beat += 1) {
      room.now += 2_000;
      room.beat('a', grant);
    }
    expect(room.trial().state).toBe('waiting');
  });

  test('[S5] a result that comes after the pause counts, and what is trained is verified', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 1], seeds: 1 }));
    room.join(trainer('a'), evaluator('e'));
    const grant = room.pull('a');
    command(room, 'pause');
    room.result('a', grant);
    const check = room.pull('e');
    room.verdict('e', check, 0.01);
    expect(room.trial().state).toBe('complete');
    expect(sweepView(room.state, sweepId, 0)?.state).toBe('paused');
  });

  test('[S6] resume goes on where the pause left off', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'));
    const grant = room.pull('a');
    room.checkpoint('a', grant, 3);
    command(room, 'pause');
    room.say({ type: 'released', workerId: workerOf('a'), lease: grant.lease, reason: 'paused', checkpoint: null });
    room.ask('a');
    const [resumed] = leasesSent(command(room, 'resume'));
    expect(resumed?.work).toMatchObject({ kind: 'train', attempt: 2, resume: { epoch: 3 } });
  });

  test('[S7] cancel ends every open trial at once, revokes its leases, and refuses their answers', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 1, 1], seeds: 1 }));
    room.join(trainer('a'), trainer('b'), evaluator('e'));
    const trained = room.pull('a');
    room.result('a', trained);
    const check = room.pull('e');
    const running = room.pull('b');
    const effects = command(room, 'cancel');
    expect(revoked(effects).map(({ to, code }) => [to, code])).toEqual([
      [workerOf('b'), 'E_SWEEP_CANCELLED'],
      [workerOf('e'), 'E_SWEEP_CANCELLED'],
    ]);
    expect([0, 1, 2].map((index) => room.trial(index).state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(attemptsStored(effects).map(({ state }) => state)).toEqual(['released', 'released']);
    expect(revoked(room.progress('b', running, 0.5))).toMatchObject([{ code: 'E_SWEEP_CANCELLED' }]);
    room.verdict('e', check, 0.01);
    expect(room.trial().state).toBe('cancelled');
    expect(leasesSent(room.ask('a'))).toEqual([]);
  });

  test('[S6] a cancelled sweep that is resumed trains what was cancelled, and only that', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 1], seeds: 1 }));
    room.join(trainer('a'), evaluator('e'));
    room.result('a', room.pull('a'));
    room.verdict('e', room.pull('e'), 0.01);
    command(room, 'cancel');
    command(room, 'resume');
    expect([0, 1].map((index) => room.trial(index).state)).toEqual(['complete', 'waiting']);
  });

  test('[S8] extend adds the new cells and seeds only, and a complete sweep runs again', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'), evaluator('e'));
    room.result('a', room.pull('a'));
    room.verdict('e', room.pull('e'), 0.01);
    expect(sweepView(room.state, sweepId, 0)).toMatchObject({ state: 'complete', cellsDone: 1 });
    const more = plan({ cells: [1, 1], seeds: 2, hash: 'extended' });
    const extended = room.say({ type: 'sweepExtended', requestId: 'r', sweepId, plan: more });
    expect(replyOf(extended)).toEqual({ ok: true, sweepId, created: false, trialsAdded: 3 });
    expect(sweepView(room.state, sweepId, 0)).toMatchObject({
      state: 'running',
      finishedAt: null,
      cells: 2,
      cellsDone: 0,
      trials: { complete: 1, waiting: 3 },
    });
  });

  test('[S8] [S2] after an extension both the old and the new spec are this sweep', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    const more = plan({ cells: [1, 1], seeds: 1, hash: 'extended' });
    room.say({ type: 'sweepExtended', requestId: 'r', sweepId, plan: more });
    expect(room.submit(plan({ cells: [1], seeds: 1 }))).toMatchObject({ created: false, sweepId });
    expect(room.submit(more)).toMatchObject({ created: false, sweepId });
    const after = openRoom(room.stored());
    expect(after.submit(plan({ cells: [1], seeds: 1 }))).toMatchObject({ created: false, sweepId });
  });

  test('[S8] an extension with nothing new leaves a complete sweep complete', () => {
    const room = openRoom();
    room.submit(plan({ cells: [], seeds: 0 }));
    room.say({ type: 'sweepExtended', requestId: 'r', sweepId, plan: plan({ cells: [], seeds: 0 }) });
    expect(sweepView(room.state, sweepId, 0)?.state).toBe('complete');
  });

  test('[S9] a sweep is complete when nothing waits, runs or is verified, failed trials or not', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1, errorsMax: 1 }));
    room.join(trainer('a'));
    room.now = 5;
    room.fail('a', room.pull('a'));
    expect(sweepView(room.state, sweepId, 0)).toMatchObject({
      state: 'complete',
      finishedAt: 5,
      trials: { failed: 1 },
    });
  });

  test('[S10] a command for an unknown or ended sweep is refused', () => {
    const room = openRoom();
    expect(replyOf(command(room, 'pause'))).toMatchObject({ ok: false, code: 'E_SWEEP_UNKNOWN' });
    room.submit(plan({ cells: [], seeds: 0 }));
    for (const what of ['pause', 'resume', 'cancel'] as const) {
      expect(replyOf(command(room, what))).toMatchObject({ ok: false, code: 'E_SWEEP_ENDED' });
    }
  });
});
