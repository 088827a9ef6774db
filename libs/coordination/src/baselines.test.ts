import { describe, expect, test } from '@jest/globals';
import type { BaselineTask, LeaseKey } from '@gradpool/protocol';
import type { Effect } from './events.ts';
import { evaluator, idOf, leasesSent, openRoom, plan, trainer, workerOf } from './fixtures.ts';
import type { Room } from './fixtures.ts';
import { coordinationLimits as limits, sweepView } from './index.ts';

const identity: BaselineTask = { baseline: 'identity', latent: null, noise: 0.3 };
const linear: BaselineTask = { baseline: 'linear', latent: 8, noise: 0.3 };
const pca: BaselineTask = { baseline: 'pca', latent: 8, noise: 0 };

function values(room: Room, grant: { readonly lease: LeaseKey }, tasks: readonly BaselineTask[]): Effect[] {
  const outcome = {
    kind: 'baseline',
    values: tasks.map((task) => ({ ...task, testMse: 0.05 })),
    durationMs: 1,
  } as const;
  return room.say({
    type: 'resulted',
    workerId: workerOf('e'),
    lease: grant.lease,
    outcome: { ...outcome, values: [...outcome.values] },
  });
}

function openWith(...baselines: BaselineTask[]): Room {
  const room = openRoom();
  room.submit(plan({ cells: [], seeds: 0, baselines }));
  room.join(evaluator('e'));
  return room;
}

const view = (room: Room, sweep = 0) => sweepView(room.state, idOf(1, sweep) as never, room.now);

describe('baselines', () => {
  test('[B1] those of one noise factor are computed together, and the sweep waits for all', () => {
    const room = openWith(identity, pca, linear);
    const first = room.pull('e');
    expect(first.work).toMatchObject({ kind: 'baseline', tasks: [identity, linear], datasetName: 'mnist' });
    values(room, first, [identity, linear]);
    expect(view(room)).toMatchObject({ state: 'running', baselinesWaiting: 1 });
    values(room, room.pull('e'), [pca]);
    expect(view(room)).toMatchObject({ state: 'complete', baselinesWaiting: 0 });
    expect(room.stored().baselines).toMatchObject([{ ...identity, testMse: 0.05 }, linear, pca]);
  });

  test('[B2] what is in the store is not computed again, for no sweep and after no restart', () => {
    const room = openWith(pca);
    values(room, room.pull('e'), [pca]);
    room.submit(plan({ cells: [], seeds: 0, sweep: 1, baselines: [pca] }));
    expect(view(room, 1)?.state).toBe('complete');
    const after = openRoom(room.stored());
    after.submit(plan({ cells: [], seeds: 0, sweep: 2, baselines: [pca, linear] }));
    after.join(evaluator('e'));
    expect(after.pull('e').work).toMatchObject({ tasks: [linear] });
  });

  test('[B3] two sweeps that need the same baseline share it', () => {
    const room = openWith(pca);
    room.submit(plan({ cells: [], seeds: 0, sweep: 1, baselines: [pca] }));
    values(room, room.pull('e'), [pca]);
    expect([view(room)?.state, view(room, 1)?.state]).toEqual(['complete', 'complete']);
  });

  test('[B4] one that errs is tried again alone, later, and in the end given up', () => {
    const room = openWith(identity, linear);
    values(room, room.pull('e'), [identity]);
    expect(leasesSent(room.ask('e'))).toEqual([]);
    let grants = leasesSent(room.wait(limits.evaluationRetryMs));
    for (let error = 2; error <= limits.baselineErrorsMax; error += 1) {
      expect(grants).toMatchObject([{ work: { tasks: [linear] } }]);
      for (const grant of grants) room.fail('e', grant);
      room.ask('e');
      grants = leasesSent(room.wait(60_000));
    }
    expect(grants).toEqual([]);
    expect(view(room)?.state).toBe('complete');
    expect(openRoom(room.stored()).stored().baselines).toEqual([]);
  });

  test('[B5] verification goes before baselines', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1, baselines: [pca] }));
    room.join(trainer('a'), evaluator('e'));
    room.result('a', room.pull('a'));
    expect(room.pull('e').work.kind).toBe('verify');
  });

  test('[B6] a lost baseline lease goes to the next evaluator, and a paused sweep asks for none', () => {
    const room = openWith(pca);
    room.pull('e');
    room.join(evaluator('f'));
    room.ask('f');
    room.say({ type: 'sweepCommanded', requestId: 'r', sweepId: idOf(1, 0) as never, command: 'pause' });
    expect(leasesSent(room.wait(limits.leaseMs))).toEqual([]);
    const resumed = room.say({
      type: 'sweepCommanded',
      requestId: 'r',
      sweepId: idOf(1, 0) as never,
      command: 'resume',
    });
    expect(leasesSent(resumed)).toMatchObject([{ to: workerOf('f'), work: { tasks: [pca] } }]);
  });
});
