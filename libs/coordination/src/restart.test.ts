import { describe, expect, test } from '@jest/globals';
import { attemptsStored, evaluator, idOf, leasesSent, openRoom, plan, trainer, workerOf } from './fixtures.ts';
import type { Room } from './fixtures.ts';
import { attemptOf, coordinationLimits as limits, createState, listWorkers, sweepView, trialsOf } from './index.ts';

const sweepId = idOf(1, 0) as never;

/** Trial 0 complete, 1 in verification, 2 running on `a` with a checkpoint, 3 waiting. */
function busyRoom(): { readonly room: Room; readonly running: ReturnType<Room['pull']> } {
  const room = openRoom();
  room.submit(plan({ cells: [4, 3, 2, 1], seeds: 1 }));
  room.join(trainer('a'), evaluator('e'));
  room.result('a', room.pull('a'));
  room.verdict('e', room.pull('e'), 0.01);
  room.result('a', room.pull('a'));
  const running = room.pull('a');
  room.checkpoint('a', running, 6);
  return { room, running };
}

describe('restart', () => {
  test('[R1] shows the same sweeps, trials and workers, and repairs nothing', () => {
    const { room, running } = busyRoom();
    const { state, effects } = createState(room.stored(), 1_000);
    expect(effects).toEqual([]);
    expect(trialsOf(state, sweepId)).toEqual(trialsOf(room.state, sweepId));
    const [before, after] = [room.state, state].map((one) => ({ ...sweepView(one, sweepId, 1_000), etaMs: null }));
    expect(after).toEqual(before);
    expect(attemptOf(state, running.lease)).toEqual({
      trialId: room.trial(2).trialId,
      attempt: 1,
      workerId: workerOf('a'),
    });
    expect(listWorkers(state)).toMatchObject([
      { workerId: workerOf('a'), connected: false, trialsCompleted: 1, leases: [{ leaseId: running.lease.leaseId }] },
      { workerId: workerOf('e'), connected: false },
    ]);
  });

  test('[R1] a running attempt is live again with time for its worker to come back', () => {
    const { room, running } = busyRoom();
    const after = openRoom(room.stored(), 1_000);
    after.wait(limits.restartGraceMs - 1);
    after.join(trainer('a', { held: [running.lease] }));
    after.wait(limits.leaseMs - 1);
    after.result('a', running);
    expect(after.trial(2).state).toBe('verifying');
  });

  test('[R1] a worker that comes back early keeps the longer time of the restart', () => {
    const { room, running } = busyRoom();
    const after = openRoom(room.stored(), 1_000);
    after.join(trainer('a', { held: [running.lease] }));
    after.wait(limits.restartGraceMs - 1);
    expect(after.trial(2).state).toBe('running');
    after.wait(1);
    expect(after.trial(2).state).toBe('waiting');
  });

  test('[R1] one whose worker stays away, or comes back without it, goes on elsewhere from its checkpoint', () => {
    const { room } = busyRoom();
    const away = openRoom(room.stored(), 1_000);
    away.wait(limits.restartGraceMs);
    expect(away.trial(2)).toMatchObject({ state: 'waiting', errors: 0 });
    const back = openRoom(room.stored(), 1_000);
    back.join(trainer('a'));
    expect(back.trial(2).state).toBe('waiting');
    expect(back.pull('a').work).toMatchObject({ spec: { latent: 3 } });
    back.join(trainer('b'));
    expect(back.pull('b').work).toMatchObject({ spec: { latent: 2 }, resume: { epoch: 6 } });
  });

  test('[R2] trials in verification are queued for it again, and the verdict ends the attempt that claimed', () => {
    const { room } = busyRoom();
    const after = openRoom(room.stored(), 1_000);
    after.join(evaluator('e'));
    const effects = after.verdict('e', after.pull('e'), 0.5);
    expect(attemptsStored(effects)).toMatchObject([{ state: 'rejected', trialId: room.trial(1).trialId, number: 1 }]);
    expect(after.trial(1)).toMatchObject({ state: 'waiting', errors: 1 });
  });

  test('[R3] a paused sweep stays paused and asks again for the checkpoint', () => {
    const { room, running } = busyRoom();
    room.say({ type: 'sweepCommanded', requestId: 'r', sweepId, command: 'pause' });
    const after = openRoom(room.stored(), 1_000);
    const effects = after.say({ type: 'workerArrived', worker: trainer('a', { held: [running.lease] }) });
    expect(effects).toContainEqual(
      expect.objectContaining({
        message: expect.objectContaining({ type: 'revoke', checkpointFirst: true }) as unknown,
      }),
    );
    expect(leasesSent(after.ask('a'))).toEqual([]);
  });

  test('[R4] rows that contradict each other are set right', () => {
    const { room } = busyRoom();
    const rows = room.stored();
    const attempts = rows.attempts.map((row) => ({ ...row, workerId: workerOf('z') }));
    const trials = rows.trials.map((row) => (row.state === 'verifying' ? { ...row, weights: null } : row));
    const { state, effects } = createState({ ...rows, attempts, trials }, 1_000);
    expect(trialsOf(state, sweepId).map((trial) => trial.state)).toEqual(['complete', 'waiting', 'waiting', 'waiting']);
    expect(attemptsStored(effects).every((row) => row.state === 'lost')).toBe(true);
  });

  test('[R4] a sweep with nothing left to do is completed', () => {
    const room = openRoom();
    room.submit(plan({ cells: [], seeds: 0 }));
    const rows = room.stored();
    const sweeps = rows.sweeps.map((row) => ({ ...row, state: 'running' as const, finishedAt: null }));
    const { effects } = createState({ ...rows, sweeps }, 1_000);
    expect(effects[0]).toMatchObject({
      type: 'persist',
      table: 'sweep',
      row: { state: 'complete', finishedAt: 1_000 },
    });
  });
});
