import { describe, expect, test } from '@jest/globals';
import type { Effect } from './events.ts';
import { leasesSent, openRoom, plan, trainer, workerOf } from './fixtures.ts';
import { coordinationLimits as limits, type RoundStart } from './index.ts';

const digest = 'a'.repeat(64) as RoundStart['digest'];
const artifact = { sha256: digest, bytes: 8 };

/** A pooled run with these workers, which answer round after round. */
function openRun(mode: 'exact' | 'local', ...names: string[]) {
  const room = openRoom();
  const one = plan({ cells: [1000], seeds: 1 });
  room.submit({ ...one, trials: one.trials.map((trial) => ({ ...trial, spec: { ...trial.spec, pooled: { mode } } })) });
  room.join(...names.map((name) => trainer(name, { flopsPerSecond: 100 })));
  const open = names
    .flatMap((name) => room.ask(name))
    .flatMap((effect) => (effect.type === 'pool' ? [effect.order] : []))[0];
  if (open?.kind !== 'open') throw new Error('no run was opened');
  const { trialId, run } = open;
  let round = 0;
  const ready = (weights: RoundStart['parameters'] = null): Effect[] => {
    const local = { imagesTotal: 1e9, batch: 16, stepsMax: 64, stalenessMax: 2, changes: [] };
    const start: RoundStart = {
      ...{ round, rounds: 1e6, epoch: 0, images: 128 * round, parameters: null, digest },
      ...(mode === 'exact' ? { microBatches: names.length, local: null } : { microBatches: 0, local }),
    };
    round += 1;
    return room.say({
      ...{ type: 'roundReady', trialId, run, start, checkpoint: null, weights, toValidate: null },
      bytes: { up: 0, down: 0 },
    });
  };
  let leases = leasesSent(ready());
  const answerAll = (losses: readonly number[]): void => {
    for (const [i, { lease, to, work }] of leases.entries()) {
      if (work.kind !== 'micro' && work.kind !== 'lane') throw new Error(work.kind);
      const told = { round: work.round, loss: losses[i] ?? 0, images: 16, durationMs: 1 };
      const outcome =
        work.kind === 'micro'
          ? ({ kind: 'micro', sum: null, ...told } as const)
          : ({ kind: 'lane', delta: null, ...told } as const);
      room.say({ type: 'resulted', workerId: to, lease, outcome });
    }
  };
  /** Every worker answers a round with its loss, and the next one begins. */
  const rounds = (count: number, ...losses: number[]): void => {
    for (let i = 0; i < count && room.trial().state === 'running'; i += 1) {
      answerAll(losses);
      // A little later, so that lanes have a length to go by.
      room.wait(10);
      for (const name of names) room.ask(name);
      leases = leasesSent(ready());
    }
  };
  return { room, rounds, ready, answerAll, leases: () => leases, trialId };
}

const far = 2.5 * 0.2;

describe('a pooled run that collapses', () => {
  test.each([
    ['exact', limits.collapseRoundsExact],
    ['local', limits.collapseRoundsLocal],
  ] as const)('[M13] in %s mode fails after %i rounds far above its start, and says so', (mode, most) => {
    const { room, rounds } = openRun(mode, 'a');
    rounds(1, 0.2);
    rounds(5, 0.1);
    rounds(most - 1, far);
    expect(room.trial()).toMatchObject({ state: 'running', errors: 0 });
    rounds(1, far);
    expect(room.trial()).toMatchObject({ state: 'failed', errors: 1, errorCode: 'E_COLLAPSED' });
    expect(room.trial().errorMessage).toBe(
      `the loss was above 2 times its start for ${most} rounds in a row: it began at 0.2 and is 0.5; lower learning_rate`,
    );
    expect(room.state.pools.size).toBe(0);
  });

  test('[M13] one round nearer to its start begins the count anew', () => {
    const { room, rounds } = openRun('local', 'a');
    rounds(1, 0.2);
    for (let i = 0; i < 3; i += 1) {
      rounds(limits.collapseRoundsLocal - 1, far);
      rounds(1, 0.39);
    }
    expect(room.trial().state).toBe('running');
  });

  test('[M13] one of three that lies about its loss ends no run, and hides no collapse', () => {
    const lied = openRun('exact', 'a', 'b', 'c');
    lied.rounds(1, 0.2, 0.2, 0.2);
    lied.rounds(limits.collapseRoundsExact + 1, 1e308, 0.1, 0.1);
    expect(lied.room.trial().state).toBe('running');
    const hidden = openRun('exact', 'a', 'b', 'c');
    hidden.rounds(1, 0.2, 0.2, 0.2);
    hidden.rounds(limits.collapseRoundsExact, 0, far, far);
    expect(hidden.room.trial()).toMatchObject({ state: 'failed', errorCode: 'E_COLLAPSED' });
  });

  test('[M13] losses whose sum is no number are shown as their middle', () => {
    const { room, rounds, trialId } = openRun('exact', 'a', 'b', 'c');
    rounds(1, 1.7e308, 1.7e308, 1.7e308);
    expect(room.state.trials.get(trialId)?.pool?.loss).toBe(1.7e308);
  });

  test('[M13] a run that has collapsed does not end as trained', () => {
    const { room, rounds, ready, answerAll } = openRun('local', 'a');
    rounds(1, 0.2);
    rounds(limits.collapseRoundsLocal - 1, far);
    answerAll([far]);
    ready(artifact);
    expect(room.trial()).toMatchObject({ state: 'failed', errorCode: 'E_COLLAPSED', weights: null });
  });

  test.each(['exact', 'local'] as const)(
    '[M13] in %s mode it fails where everyone finds its loss not finite',
    (mode) => {
      const { room, leases } = openRun(mode, 'a', 'b');
      const err = (lease: ReturnType<typeof leases>[number]): Effect[] =>
        room.say({ type: 'erred', workerId: lease.to, lease: lease.lease, code: 'E_NAN_LOSS', message: 'it is NaN' });
      const [first, second] = leases();
      err(first!);
      err(second!);
      expect(room.trial()).toMatchObject({ state: 'running', errors: 0 });
      err(leasesSent(room.ask('a'))[0]!);
      expect(room.trial()).toMatchObject({ state: 'failed', errors: 1, errorCode: 'E_NAN_LOSS' });
      expect(room.trial().errorMessage).toMatch(/^everyone who trains had this in round 0, 3 times in all.*it is NaN$/);
    },
  );

  test('[M13] one worker alone among others that finds it so fails nothing', () => {
    const { room, leases } = openRun('exact', 'a', 'b');
    let mine = leases().find(({ to }) => to === workerOf('a'));
    for (let error = 0; error < limits.divergedErrorsMin; error += 1) {
      room.say({ type: 'erred', workerId: workerOf('a'), lease: mine!.lease, code: 'E_NAN_LOSS', message: 'NaN' });
      [mine] = leasesSent(room.ask('a'));
    }
    expect(room.trial()).toMatchObject({ state: 'running', errors: 0 });
  });
});
