import { describe, expect, test } from '@jest/globals';
import {
  attemptsStored,
  evaluator,
  idOf,
  leasesSent,
  openRoom,
  plan,
  revoked,
  trainer,
  trialsStored,
  workerOf,
} from './fixtures.ts';
import type { Room } from './fixtures.ts';
import { coordinationLimits as limits, sweepView, workerView } from './index.ts';

/** A trial trained by `a`, and an evaluator `e` that asks for nothing yet. */
function trainedRoom(claim = 0.01): Room {
  const room = openRoom();
  room.submit(plan({ cells: [1], seeds: 1 }));
  room.join(trainer('a'), trainer('b'), evaluator('e'));
  room.result('a', room.pull('a'), claim);
  return room;
}

describe('verification', () => {
  test.each([
    [0.0101, 0.01, 'complete'],
    [0.0099, 0.01, 'complete'],
    [0.01011, 0.01, 'waiting'],
    [0.00989, 0.01, 'waiting'],
    [Number.NaN, 0.01, 'waiting'],
  ])('[V3] a claim of %d against %d found leaves the trial %s', (claim, found, state) => {
    const room = trainedRoom(claim);
    room.verdict('e', room.pull('e'), found);
    expect(room.trial().state).toBe(state);
  });

  test.each([
    [0.9785, 0.98, 'complete'],
    [0.975, 0.98, 'waiting'],
    [0.1015, 0.1, 'waiting'],
    [0.1005, 0.1, 'complete'],
  ])('[V3] where more is better, a claim of %d against %d found leaves the trial %s', (claim, found, state) => {
    const room = openRoom();
    const { sweep, ...rest } = plan({ cells: [1], seeds: 1 });
    room.submit({ ...rest, sweep: { ...sweep, metric: 'test_accuracy', goal: 'maximize' } });
    room.join(trainer('a'), evaluator('e'));
    const grant = room.pull('a');
    expect(grant.work).toMatchObject({ kind: 'train', metric: 'test_accuracy' });
    room.result('a', grant, claim);
    room.verdict('e', room.pull('e'), found);
    expect(room.trial().state).toBe(state);
  });

  test('[W7] the trainer is told what was verified of its work', () => {
    const room = trainedRoom(0.01);
    const effects = room.verdict('e', room.pull('e'), 0.01);
    const told = effects.filter((effect) => effect.type === 'send' && effect.message.type === 'credited');
    expect(told).toMatchObject([
      { workerId: workerOf('a'), message: { trialsCompleted: 1, trialsRejected: 0, epochsVerified: 10 } },
    ]);
  });

  test('[V4] a rejected claim is an error, is stored as rejected, and is trained again from scratch elsewhere', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'), trainer('b'), evaluator('e'));
    const grant = room.pull('a');
    room.checkpoint('a', grant, 5);
    room.result('a', grant, 0.005);
    const effects = room.verdict('e', room.pull('e'), 0.01);
    expect(attemptsStored(effects)).toMatchObject([
      { leaseId: grant.lease.leaseId, state: 'rejected', errorCode: 'E_CLAIM' },
    ]);
    expect(trialsStored(effects)).toMatchObject([
      {
        state: 'waiting',
        errors: 1,
        erredWorkers: [workerOf('a')],
        checkpoint: null,
        weights: null,
        claimedScore: null,
      },
    ]);
    expect(workerView(room.state, workerOf('a'))).toMatchObject({ trialsRejected: 1, trialsCompleted: 0 });
    expect(leasesSent(room.ask('a'))).toEqual([]);
    expect(room.pull('b').work).toMatchObject({ resume: null, attempt: 2 });
  });

  test('[V5] weights that cannot be judged are rejected like a false claim', () => {
    const room = trainedRoom();
    const effects = room.verdict('e', room.pull('e'), null);
    expect(attemptsStored(effects)).toMatchObject([{ state: 'rejected', errorCode: 'E_WEIGHTS_UNREADABLE' }]);
    expect(room.trial()).toMatchObject({ state: 'waiting', errors: 1, errorMessage: 'unreadable' });
  });

  test('[V4] the third rejection fails the trial', () => {
    const room = trainedRoom(1);
    room.verdict('e', room.pull('e'), 0.01);
    for (const name of ['b', 'c']) {
      room.join(trainer(name));
      room.result(name, room.pull(name), 1);
      room.verdict('e', room.pull('e'), 0.01);
    }
    expect(room.trial()).toMatchObject({ state: 'failed', errors: 3, errorCode: 'E_CLAIM' });
  });

  test('[V2] nobody verifies their own trial', () => {
    const room = trainedRoom();
    room.join(evaluator('a'), evaluator('e'));
    expect(leasesSent(room.ask('a'))).toEqual([]);
    expect(leasesSent(room.ask('e'))).toHaveLength(1);
  });

  test('[V6] an evaluator that errs is asked again after a while; the claim is blamed only after several times', () => {
    const room = trainedRoom();
    let check = room.pull('e');
    for (let error = 1; error < limits.verifyErrorsMax; error += 1) {
      room.fail('e', check);
      expect(room.trial()).toMatchObject({ state: 'verifying', errors: 0 });
      expect(leasesSent(room.ask('e'))).toEqual([]);
      const [again] = leasesSent(room.wait(limits.evaluationRetryMs * 2 ** (error - 1)));
      if (again === undefined) throw new Error('the verification was not tried again');
      check = again;
    }
    room.fail('e', check);
    expect(room.trial()).toMatchObject({ state: 'waiting', errors: 1, errorCode: 'E_UNVERIFIABLE' });
  });

  test('[V7] without an evaluator trials stay in verification, and nothing is lost', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1, 1], seeds: 1 }));
    room.join(trainer('a'));
    for (let trial = 0; trial < 2; trial += 1) room.result('a', room.pull('a'));
    room.wait(3_600_000);
    expect(sweepView(room.state, idOf(1, 0) as never, room.now)).toMatchObject({
      state: 'running',
      trials: { verifying: 2 },
    });
    room.join(evaluator('e', { slots: 2 }));
    expect(leasesSent(room.ask('e', 2))).toHaveLength(2);
  });

  test('[V7] an evaluator that dies costs nobody anything', () => {
    const room = trainedRoom();
    room.join(evaluator('f'));
    const check = room.pull('e');
    room.ask('f');
    const again = leasesSent(room.wait(limits.leaseMs));
    expect(again).toMatchObject([{ to: workerOf('f'), work: { kind: 'verify' } }]);
    room.verdict('e', check, 0.5);
    expect(room.trial()).toMatchObject({ state: 'verifying', errors: 0 });
  });

  test('[V8] an evaluator that only says that it lives does not hold a trial for ever', () => {
    const room = trainedRoom();
    const check = room.pull('e');
    for (let waited = 0; waited < limits.evaluationMsMax; waited += 5_000) {
      room.now += 5_000;
      room.beat('e', check);
    }
    expect(revoked(room.beat('e', check))).toMatchObject([{ code: 'E_LEASE_EXPIRED' }]);
  });
});
