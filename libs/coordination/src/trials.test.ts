import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '@gradpool/protocol';
import {
  attemptsStored,
  checkpointAt,
  evaluator,
  leasesSent,
  openRoom,
  plan,
  trainer,
  trialsStored,
  workerOf,
} from './fixtures.ts';
import { coordinationLimits as limits, workerView } from './index.ts';

describe('trials', () => {
  test('[T2] seeds go breadth-first, and within a seed the longest first', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 5, 3], seeds: 2 }));
    room.join(trainer('a', { slots: 6 }));
    const order = leasesSent(room.ask('a', 6)).map(({ work }) => work.kind === 'train' && work.spec);
    expect(order).toMatchObject([
      { latent: 1, seed: 0 },
      { latent: 2, seed: 0 },
      { latent: 0, seed: 0 },
      { latent: 1, seed: 1 },
      { latent: 2, seed: 1 },
      { latent: 0, seed: 1 },
    ]);
  });

  test('[T2] when work comes, the fastest idle worker gets the longest trial', () => {
    const room = openRoom();
    room.join(
      trainer('a', { flopsPerSecond: 1 }),
      trainer('b', { flopsPerSecond: 9 }),
      trainer('c', { flopsPerSecond: 3 }),
    );
    for (const name of ['a', 'b', 'c']) room.ask(name);
    const effects = room.say({ type: 'sweepSubmitted', requestId: 'r', plan: plan({ cells: [1, 3, 2], seeds: 1 }) });
    const given = leasesSent(effects).map(({ to, work }) => [to, work.kind === 'train' && work.spec['latent']]);
    expect(given).toEqual([
      [workerOf('b'), 1],
      [workerOf('c'), 2],
      [workerOf('a'), 0],
    ]);
  });

  test('[T3] a lost worker costs no error, and the next one goes on from the last checkpoint', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'), trainer('b'));
    const grant = room.pull('a');
    room.checkpoint('a', grant, 2);
    room.checkpoint('a', grant, 5);
    room.checkpoint('a', grant, 4);
    room.wait(limits.leaseMs);
    expect(room.trial()).toMatchObject({ state: 'waiting', errors: 0, attempts: 1 });
    expect(room.pull('b').work).toMatchObject({ resume: { epoch: 5 }, attempt: 2, copy: false });
  });

  test('[T3] what has begun counts for what is left of it', () => {
    const room = openRoom();
    room.submit(plan({ cells: [10, 4], seeds: 1 }));
    room.join(trainer('a'), trainer('b'));
    const grant = room.pull('a');
    const release = { type: 'released', workerId: workerOf('a'), lease: grant.lease, reason: 'stopping' } as const;
    room.say({ ...release, checkpoint: checkpointAt(8) });
    expect(room.pull('b').work).toMatchObject({ spec: { latent: 1 } });
  });

  test('[T4] a trial fails only after errorsMax errors, each on another worker where there is one', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'), trainer('b'), trainer('c'));
    room.fail('a', room.pull('a'));
    expect(room.trial()).toMatchObject({ state: 'waiting', errors: 1, errorCode: 'E_NAN_LOSS' });
    expect(leasesSent(room.ask('a'))).toEqual([]);
    room.fail('b', room.pull('b'));
    const effects = room.fail('c', room.pull('c'));
    expect(trialsStored(effects)).toMatchObject([
      { state: 'failed', errors: 3, erredWorkers: [workerOf('a'), workerOf('b'), workerOf('c')] },
    ]);
    expect(attemptsStored(effects)).toMatchObject([{ state: 'failed', errorCode: 'E_NAN_LOSS' }]);
  });

  test('[T4] where there is only one worker it tries again', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'));
    for (let error = 0; error < 3; error += 1) room.fail('a', room.pull('a'));
    expect(room.trial()).toMatchObject({ state: 'failed', errors: 3 });
  });

  test('[T4] a worker that wants nothing, or whose work stands still, is not waited for', () => {
    const room = openRoom();
    room.submit(plan({ cells: [9, 1], seeds: 1 }));
    room.join(trainer('b'), trainer('a'), trainer('c'));
    const stuck = room.pull('b');
    room.fail('a', room.pull('a'));
    room.wait(limits.eligibleIdleMs);
    room.beat('b', stuck);
    expect(leasesSent(room.ask('a'))).toEqual([]);
    for (let waited = 0; waited < limits.eligibleStallMs; waited += 5_000) {
      room.now += 5_000;
      room.beat('b', stuck);
    }
    expect(room.state.workers.get(workerOf('a'))?.leases.size).toBe(1);
  });

  test('[T5] a checkpoint goes to a worker of its numeric class where one asks, and to any other rather than wait', () => {
    const room = openRoom();
    room.submit(plan({ cells: [2, 1], seeds: 1 }));
    room.join(trainer('a'), trainer('g', { numericClass: 'webgl' }));
    const grant = room.pull('a');
    const release = { type: 'released', workerId: workerOf('a'), lease: grant.lease, reason: 'stopping' } as const;
    room.say({ ...release, checkpoint: checkpointAt(1) });
    const other = room.pull('g');
    expect(other.work).toMatchObject({ spec: { latent: 1 }, resume: null });
    room.result('g', other);
    expect(room.pull('g').work).toMatchObject({ spec: { latent: 0 }, resume: { epoch: 1 } });
  });

  test('[T6] segments tell who trained what, and a mixed chain is not bit-exact', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a', { numericClass: 'webgl' }), trainer('b'));
    const first = room.pull('a');
    const { lease } = first;
    room.say({ type: 'checkpointed', workerId: workerOf('a'), lease, checkpoint: checkpointAt(4, 'webgl') });
    room.say({ type: 'workerLeft', workerId: workerOf('a'), orderly: true });
    const second = room.pull('b');
    const outcome: Outcome = {
      kind: 'train',
      score: 0.01,
      validationMse: null,
      weights: checkpointAt(0).artifact,
      segments: [{ worker: workerOf('b'), fromEpoch: 4, toEpoch: 10, numericClass: 'wasm-1' }],
      images: 1,
      durationMs: 1,
    };
    room.say({ type: 'resulted', workerId: workerOf('b'), lease: second.lease, outcome });
    expect(room.trial()).toMatchObject({
      bitExact: false,
      numericClass: 'webgl + wasm-1',
      segments: [
        { worker: workerOf('a'), fromEpoch: 0, toEpoch: 4 },
        { worker: workerOf('b'), fromEpoch: 4, toEpoch: 10 },
      ],
    });
  });

  test('[T7] an attempt that errs without getting past its checkpoint drops it', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'), trainer('b'), trainer('c'));
    const first = room.pull('a');
    room.checkpoint('a', first, 4);
    room.fail('a', first);
    const second = room.pull('b');
    expect(second.work).toMatchObject({ resume: { epoch: 4 } });
    room.fail('b', second);
    expect(room.pull('c').work).toMatchObject({ resume: null });
  });

  test('[T8] a worker that errs again and again rests, longer each time', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 1, 1, 1, 1, 1], seeds: 1, errorsMax: 1 }));
    room.join(trainer('a'));
    for (let error = 0; error < limits.workerErrorsFree; error += 1) room.fail('a', room.pull('a'));
    expect(leasesSent(room.ask('a'))).toEqual([]);
    const [after] = leasesSent(room.wait(limits.workerRestMs));
    if (after !== undefined) room.fail('a', after);
    room.ask('a');
    expect(leasesSent(room.wait(limits.workerRestMs))).toEqual([]);
    expect(leasesSent(room.wait(limits.workerRestMs))).toHaveLength(1);
  });

  test('[T8] a verified trial ends the count of errors in a row', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 1, 1, 1, 1, 1], seeds: 1, errorsMax: 1 }));
    room.join(trainer('a'), evaluator('e'));
    for (let turn = 0; turn < 2; turn += 1) room.fail('a', room.pull('a'));
    room.result('a', room.pull('a'));
    room.verdict('e', room.pull('e'), 0.01);
    for (let turn = 0; turn < 2; turn += 1) room.fail('a', room.pull('a'));
    expect(leasesSent(room.ask('a'))).toHaveLength(1);
  });

  test('[P1] a speed is measured on real work, then averaged, and one wild sample moves it little', () => {
    const room = openRoom();
    room.submit(plan({ cells: [100], seeds: 1 }));
    room.join(trainer('a', { flopsPerSecond: 10 }));
    const grant = room.pull('a');
    const speed = (): number => room.state.workers.get(workerOf('a'))?.row.flopsPerSecond ?? 0;
    room.progress('a', grant, 0);
    room.now += limits.speedSampleMs;
    room.progress('a', grant, 0.1);
    expect(speed()).toBeCloseTo(5);
    room.now += limits.speedSampleMs;
    room.progress('a', grant, 1);
    expect(speed()).toBeCloseTo(5 + 0.3 * (4 * 5 - 5));
    room.say({ type: 'workerArrived', worker: trainer('a', { flopsPerSecond: 10, held: [grant.lease] }) });
    expect(speed()).toBeCloseTo(9.5);
    expect(workerView(room.state, workerOf('a'))?.leases).toHaveLength(1);
  });
});
