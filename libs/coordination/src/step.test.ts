import { describe, expect, test } from '@jest/globals';
import { evaluator, idOf, leasesSent, openRoom, plan, trainer } from './fixtures.ts';
import { step, sweepView } from './index.ts';

const sweepId = idOf(1, 0) as never;

describe('step', () => {
  test('[T1] a trial goes from submit over pull, result and verification to a complete sweep', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'), evaluator('e'));
    room.ask('e');
    const grant = room.pull('a');
    expect(grant.work).toMatchObject({ kind: 'train', attempt: 1, resume: null, copy: false, spec: { latent: 0 } });
    const [check] = leasesSent(room.result('a', grant));
    expect(check?.work).toMatchObject({ kind: 'verify', weights: { bytes: 4 } });
    expect(room.trial().state).toBe('verifying');
    if (check !== undefined) room.verdict('e', check, 0.01);
    expect(room.trial()).toMatchObject({ state: 'complete', score: 0.01, claimedScore: 0.01, attempts: 1 });
    expect(sweepView(room.state, sweepId, 0)).toMatchObject({ state: 'complete', cellsDone: 1 });
  });

  test('[G1] rows come before messages, parents before children, and each row once', () => {
    const room = openRoom();
    room.join(trainer('a'));
    room.ask('a');
    const effects = room.say({ type: 'sweepSubmitted', requestId: 'r', plan: plan({ cells: [1, 1], seeds: 1 }) });
    const kinds = effects.map((effect) => (effect.type === 'persist' ? effect.table : effect.type));
    expect(kinds).toEqual([
      'sweep',
      'cell',
      'cell',
      'trial',
      'trial',
      'attempt',
      'reply',
      'send',
      'changed',
      'changed',
      'changed',
      'changed',
    ]);
  });

  test('[G2] the same events give the same effects', () => {
    const run = (): unknown[] => {
      const room = openRoom();
      room.submit(plan({ cells: [3, 1, 2], seeds: 2 }));
      room.join(trainer('a'), trainer('b'), evaluator('e'));
      const effects = ['a', 'b', 'e'].map((name) => room.ask(name));
      return [...effects, room.wait(20_000)];
    };
    expect(run()).toEqual(run());
  });

  test('[G3] time never runs backward', () => {
    const room = openRoom();
    room.submit(plan({ cells: [1], seeds: 1 }));
    room.join(trainer('a'));
    room.now = 100;
    room.pull('a');
    step(room.state, { type: 'ticked' }, { now: 50, newId: () => '' });
    expect(room.state.now).toBe(100);
  });
});
