import { describe, expect, test } from '@jest/globals';
import type { SweepId } from '@gradpool/protocol';
import type { Effect, Event } from './events.ts';
import { evaluator, idOf, leasesSent, openRoom, plan, revoked, settled, trainer, workerOf } from './fixtures.ts';
import type { Room } from './fixtures.ts';
import { attemptOf, coordinationLimits as limits, type RoundStart, sweepView } from './index.ts';

const digestOf = (name: number): never => String(name).padStart(64, '0') as never;
const parametersOf = (epoch: number) => ({ sha256: digestOf(epoch), bytes: 8 });
const weights = { sha256: digestOf(777), bytes: 8 };

type Lease = ReturnType<typeof leasesSent>[number];
type Ready = Partial<Extract<Event, { type: 'roundReady' }>>;

/** A pooled trial of ten epochs whose run is at its first round. */
function openRun(validationImages = 100) {
  const room = openRoom();
  const one = plan({ cells: [1000], seeds: 1 });
  const spec = { pooled: { mode: 'exact' }, validation_images: validationImages };
  room.submit({ ...one, trials: one.trials.map((trial) => ({ ...trial, spec: { ...trial.spec, ...spec } })) });
  room.join(trainer('a'));
  const open = room.ask('a').flatMap((effect) => (effect.type === 'pool' ? [effect.order] : []))[0];
  if (open?.kind !== 'open') throw new Error('no run was opened');
  const ready = (epoch: number, more: Ready = {}): Effect[] => {
    const start: RoundStart = {
      ...{ round: epoch, rounds: 10, epoch, microBatches: 4, images: 64 * epoch },
      ...{ parameters: null, digest: digestOf(1), local: null },
    };
    return room.say({
      ...{ type: 'roundReady', trialId: open.trialId, run: open.run, start, checkpoint: null, weights: null },
      ...{ toValidate: null, bytes: { up: 0, down: 0 } },
      ...more,
    });
  };
  ready(0);
  /** An epoch ends whose parameters the shell holds. */
  const ended = (epoch: number): Effect[] => ready(epoch, { toValidate: { epoch, parameters: parametersOf(epoch) } });
  return { room, ended, finish: () => ready(10, { weights }), trialId: open.trialId };
}

function forgotten(effects: readonly Effect[]): number[] {
  return effects.flatMap((effect) =>
    effect.type === 'pool' && effect.order.kind === 'forget' ? [Number(effect.order.parameters.sha256)] : [],
  );
}

const epochsIn = (effects: readonly Effect[]): number[] =>
  leasesSent(effects).flatMap(({ work }) => (work.kind === 'validate' ? [work.epoch] : []));

const validated = (room: Room, { lease, to }: Lease, validationMse = 0.25): Effect[] =>
  room.say({
    ...{ type: 'resulted', workerId: to, lease },
    outcome: { kind: 'validate', validationMse, durationMs: 9 },
  });

const rowOf = (room: Room) => room.state.trials.get(room.trial().trialId)!.row;
const command = (room: Room, order: 'pause' | 'cancel'): Effect[] =>
  room.say({ type: 'sweepCommanded', requestId: 'order', sweepId: idOf(1, 0) as SweepId, command: order });

describe('validation of a pooled run', () => {
  test('[J1] an evaluator that asks gets the parameters of an ended epoch, and no trainer does', () => {
    const { room, ended, trialId } = openRun();
    room.join(evaluator('e'));
    room.ask('e');
    const [lease] = leasesSent(ended(1));
    expect(lease).toMatchObject({
      to: workerOf('e'),
      work: { kind: 'validate', trialId, epoch: 1, parameters: parametersOf(1) },
    });
    expect(attemptOf(room.state, lease!.lease)).toEqual({ trialId, attempt: 1, workerId: workerOf('e') });
    const effects = validated(room, lease!);
    expect(settled(effects)).toMatchObject([{ accepted: true }]);
    expect(forgotten(effects)).toEqual([1]);
    expect(rowOf(room).validationMse).toBeNull();
    expect(sweepView(room.state, idOf(1, 0) as SweepId, room.now)?.pooledRuns).toMatchObject([
      { validation: { epoch: 1, mse: 0.25 } },
    ]);
    expect(attemptOf(room.state, lease!.lease)).toBeNull();
  });

  test('[J2] only the newest epoch waits, and one is judged at a time; every set of parameters is let go of once', () => {
    const { room, ended } = openRun();
    room.join(evaluator('e', { slots: 2 }), evaluator('f'));
    expect(forgotten([...ended(1), ...ended(2)])).toEqual([1]);
    const [lease] = leasesSent([...room.ask('e', 2), ...room.ask('f')]);
    expect(lease?.work).toMatchObject({ kind: 'validate', epoch: 2 });
    const effects = [...ended(3), ...ended(4)];
    expect(epochsIn(effects)).toEqual([]);
    expect(forgotten(effects)).toEqual([3]);
    const next = validated(room, lease!);
    expect(forgotten(next)).toEqual([2]);
    expect(epochsIn(next)).toEqual([4]);
  });

  test('[J3] after verification and before baselines', () => {
    const { room, ended, finish } = openRun();
    const baseline = { baseline: 'pca', latent: 8, noise: 0 } as const;
    room.submit(plan({ cells: [1], seeds: 1, sweep: 1, baselines: [baseline] }));
    ended(9);
    finish();
    room.join(evaluator('e', { slots: 3 }));
    const leases = leasesSent(room.ask('e', 3));
    expect(leases.map(({ work }) => work.kind)).toEqual(['verify', 'validate', 'baseline']);
  });

  test('[J4] the weights are judged as the last epoch, before the verdict or after it', () => {
    const { room, ended, finish } = openRun();
    ended(9);
    expect(forgotten(finish())).toEqual([9]);
    room.join(evaluator('e', { slots: 2 }));
    const [verify, validate] = leasesSent(room.ask('e', 2));
    expect(validate?.work).toMatchObject({ kind: 'validate', epoch: 10, parameters: weights });
    room.verdict('e', verify!, 0.02);
    expect(rowOf(room)).toMatchObject({ state: 'complete', validationMse: null });
    expect(forgotten(validated(room, validate!, 0.125))).toEqual([]);
    expect(rowOf(room)).toMatchObject({ state: 'complete', validationMse: 0.125 });
    expect(room.trial().validationMse).toBe(0.125);
  });

  test('[J4] a restart judges weights that were not judged yet, and nothing else', () => {
    const running = openRun();
    running.ended(3);
    const after = openRoom(running.room.stored(), running.room.now);
    after.join(evaluator('e'));
    expect(leasesSent(after.ask('e'))).toEqual([]);
    running.finish();
    const again = openRoom(running.room.stored(), running.room.now);
    again.join(evaluator('e', { slots: 2 }));
    const [, validate] = leasesSent(again.ask('e', 2));
    validated(again, validate!);
    const { trials } = again.stored();
    const later = openRoom({ ...running.room.stored(), trials }, again.now);
    later.join(evaluator('f', { slots: 2 }));
    expect(leasesSent(later.ask('f', 2)).map(({ work }) => work.kind)).toEqual(['verify']);
  });

  test('[J1] [J4] nothing is given out where no image is held out', () => {
    const { room, finish } = openRun(0);
    finish();
    room.join(evaluator('e', { slots: 2 }));
    expect(leasesSent(room.ask('e', 2)).map(({ work }) => work.kind)).toEqual(['verify']);
  });

  test('[J5] what a lost or leaving evaluator had waits again, unless newer parameters do', () => {
    const { room, ended } = openRun();
    room.join(evaluator('e'), evaluator('f'));
    ended(1);
    const [lost] = leasesSent(room.ask('e'));
    room.ask('f');
    const [again] = leasesSent(room.wait(limits.leaseMs));
    expect(again).toMatchObject({ to: workerOf('f'), work: { kind: 'validate', epoch: 1 } });
    expect(settled(validated(room, lost!))).toMatchObject([{ accepted: false, code: 'E_LEASE_EXPIRED' }]);
    ended(2);
    const left = room.say({ type: 'workerLeft', workerId: workerOf('f'), orderly: true });
    expect(forgotten(left)).toEqual([1]);
    expect(epochsIn(room.ask('e'))).toEqual([2]);
  });

  test('[J5] one that errs rests and is tried again, and in the end given up; the next epoch has its own tries', () => {
    const { room, ended } = openRun();
    room.join(evaluator('e'));
    ended(1);
    let grants = leasesSent(room.ask('e'));
    for (let error = 1; error <= limits.validationErrorsMax; error += 1) {
      expect(grants).toMatchObject([{ work: { kind: 'validate', epoch: 1 } }]);
      const effects = room.fail('e', grants[0]!);
      expect(forgotten(effects)).toEqual(error === limits.validationErrorsMax ? [1] : []);
      expect(leasesSent(room.ask('e'))).toEqual([]);
      grants = leasesSent(room.wait(60_000));
    }
    expect(grants).toEqual([]);
    expect(epochsIn(ended(2))).toEqual([2]);
    expect(room.trial()).toMatchObject({ state: 'running', errors: 0 });
  });

  test('[J5] a lease ends after its time, however lively', () => {
    const { room, ended } = openRun();
    room.join(evaluator('e'));
    ended(1);
    const grant = room.pull('e');
    for (let ms = 0; ms < limits.validationMsMax; ms += limits.leaseMs / 2) {
      room.beat('e', grant);
      room.wait(limits.leaseMs / 2);
    }
    expect(settled(validated(room, { ...grant, to: workerOf('e') }))).toMatchObject([{ code: 'E_LEASE_EXPIRED' }]);
  });

  test.each(['pause', 'cancel'] as const)('[J6] a %s ends what is judged of a run, and what waits', (order) => {
    const { room, ended } = openRun();
    room.join(evaluator('e'));
    ended(1);
    room.ask('e');
    ended(2);
    const effects = command(room, order);
    expect(revoked(effects).filter(({ to }) => to === workerOf('e'))).toHaveLength(1);
    expect(forgotten(effects)).toEqual([1, 2]);
    // Told too late: the shell had it under way.
    expect(forgotten(ended(3))).toEqual([3]);
    expect(leasesSent(room.ask('e'))).toEqual([]);
  });

  test('[J6] rejected weights are not judged', () => {
    const { room, finish } = openRun();
    finish();
    room.join(evaluator('e'));
    room.verdict('e', room.pull('e'), null);
    expect(leasesSent(room.ask('e'))).toEqual([]);
    expect(rowOf(room)).toMatchObject({ state: 'waiting', validationMse: null });
  });
});
