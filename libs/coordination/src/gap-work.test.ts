import { describe, expect, test } from '@jest/globals';
import type { Effect, PoolOrder } from './events.ts';
import { checkpointAt, leasesSent, openRoom, plan, revoked, trainer, workerOf, type Room } from './fixtures.ts';
import { coordinationLimits as limits, type RoundStart } from './index.ts';

const blob = { sha256: 'a'.repeat(64) as RoundStart['digest'], bytes: 8 };

type Lease = ReturnType<typeof leasesSent>[number];

function startOf(round: number, microBatches: number): RoundStart {
  const at = { rounds: 10, epoch: 0, images: 0, parameters: null, digest: blob.sha256, local: null };
  return { ...at, round, microBatches };
}

/** A sweep whose first cell is pooled and the others are not; workers by speed in flops a second; `flops` of a micro-batch. */
function mixedRoom(speeds: Readonly<Record<string, number>>, microBatches: number, flops = 1_000) {
  const room = openRoom();
  const one = plan({ cells: [10 * microBatches * flops, 500, 400], seeds: 1 });
  const pooled = { pooled: { mode: 'exact' } };
  const trials = one.trials.map((trial, i) => (i === 0 ? { ...trial, spec: { ...trial.spec, ...pooled } } : trial));
  room.submit({ ...one, trials });
  const names = Object.keys(speeds);
  room.join(...names.map((name) => trainer(name, { flopsPerSecond: speeds[name]! })));
  const [open] = names.flatMap((name) => ordersIn(room.ask(name)));
  if (open?.kind !== 'open') throw new Error('no run was opened');
  const ready = (round: number): Effect[] =>
    room.say({
      ...{ type: 'roundReady', trialId: open.trialId, run: open.run, start: startOf(round, microBatches) },
      ...{ checkpoint: null, weights: null, toValidate: null, bytes: { up: 0, down: 0 } },
    });
  return { room, ready, leases: leasesSent(ready(0)) };
}

const ordersIn = (effects: readonly Effect[]): PoolOrder[] =>
  effects.flatMap((effect) => (effect.type === 'pool' ? [effect.order] : []));

const kinds = (leases: readonly Lease[]) => Object.fromEntries(leases.map(({ to, work }) => [to, work.kind]));

const mine = (leases: readonly Lease[], name: string): Lease => leases.find(({ to }) => to === workerOf(name))!;

function answer(room: Room, { lease, to, work }: Lease): Effect[] {
  if (work.kind !== 'micro') throw new Error(`a lease of ${work.kind}`);
  const outcome = { kind: 'micro' as const, round: work.round, sum: blob, loss: 0.5, images: 1, durationMs: 1_000_000 };
  return room.say({ type: 'resulted', workerId: to, lease, outcome });
}

describe('[M11] sweep work in the gaps of rounds', () => {
  test('whoever a round has no micro-batch for trains a trial meanwhile, and rounds go on without it', () => {
    const { room, ready, leases } = mixedRoom({ a: 1000, b: 900, c: 100 }, 2);
    expect(kinds(leases)).toEqual({ [workerOf('a')]: 'micro', [workerOf('b')]: 'micro', [workerOf('c')]: 'train' });
    expect(mine(leases, 'c').work).toMatchObject({ spec: { latent: 1 } });
    expect([0, 1].map((i) => room.trial(i).placement)).toEqual(['exact', 'alone']);
    room.wait(1_000);
    for (const name of ['a', 'b']) answer(room, mine(leases, name));
    const next = [...leasesSent(ready(1)), ...['a', 'b'].flatMap((name) => leasesSent(room.ask(name)))];
    expect(next.map(({ work }) => work.kind)).toEqual(['micro', 'micro']);
    expect(revoked(room.wait(limits.tickMs))).toEqual([]);
  });

  test('it comes when one that rounds had is gone, with its checkpoint, and the trial waits with that', () => {
    const { room, ready, leases } = mixedRoom({ a: 1000, b: 900, c: 700 }, 2);
    const trial = mine(leases, 'c');
    room.say({ type: 'workerLeft', workerId: workerOf('b'), orderly: true });
    const [call] = revoked(room.wait(limits.tickMs));
    expect(call).toMatchObject({ to: workerOf('c'), code: 'E_ROUND_WAITS', checkpointFirst: true, lease: trial.lease });
    expect(revoked(room.wait(limits.tickMs))).toEqual([]);
    room.say({
      ...{ type: 'released', workerId: workerOf('c'), lease: trial.lease },
      ...{ reason: 'E_ROUND_WAITS', checkpoint: checkpointAt(3) },
    });
    expect(room.state.trials.get(room.trial(1).trialId)!.row).toMatchObject({
      ...{ state: 'waiting', checkpoint: { epoch: 3 }, errors: 0 },
    });
    expect(leasesSent(room.ask('c'))).toMatchObject([{ work: { kind: 'micro', from: 1, to: 2 } }]);
    answer(room, mine(leases, 'a'));
    expect(ready(1)).toBeDefined();
  });

  test('in a long gap it trains, and comes at once when the next round begins', () => {
    const { room, ready, leases } = mixedRoom({ a: 100, b: 60 }, 2, 3_000);
    const [fast, slow] = [mine(leases, 'a'), mine(leases, 'b')];
    const pass = (ms: number): void => {
      for (let at = 0; at < ms; at += 5_000) {
        room.wait(5_000);
        room.beat('a', fast);
        room.beat('b', slow);
      }
    };
    // The fast one needs 30 s, the slow one 50, and a copy would be due after 60.
    pass(30_000);
    answer(room, fast);
    const [trial] = leasesSent(room.ask('a'));
    expect(trial?.work).toMatchObject({ kind: 'train', spec: { latent: 1 } });
    expect(revoked(room.wait(limits.tickMs))).toEqual([]);
    answer(room, slow);
    expect(revoked(ready(1))).toMatchObject([{ to: workerOf('a'), code: 'E_ROUND_WAITS', lease: trial!.lease }]);
  });

  test('but not in one that is nearly over', () => {
    const { room, leases } = mixedRoom({ a: 100, b: 95 }, 2, 500);
    room.wait(5_000);
    answer(room, mine(leases, 'a'));
    expect(leasesSent(room.ask('a'))).toEqual([]);
  });

  test('two of like speed do not change places: one trains on until it is clearly the faster one', () => {
    const { room, ready, leases } = mixedRoom({ a: 1000, b: 990 }, 1);
    expect(kinds(leases)).toEqual({ [workerOf('a')]: 'micro', [workerOf('b')]: 'train' });
    const speed = (flopsPerSecond: number): void => {
      const b = room.state.workers.get(workerOf('b'))!;
      b.row = { ...b.row, flopsPerSecond };
    };
    room.wait(500);
    answer(room, mine(leases, 'a'));
    room.ask('a');
    speed(1.4 * room.state.workers.get(workerOf('a'))!.row.flopsPerSecond);
    const second = leasesSent(ready(1));
    expect(kinds(second)).toEqual({ [workerOf('a')]: 'micro' });
    room.wait(500);
    answer(room, second[0]!);
    speed(1.6 * room.state.workers.get(workerOf('a'))!.row.flopsPerSecond);
    expect(revoked(ready(2))).toMatchObject([{ to: workerOf('b'), code: 'E_ROUND_WAITS' }]);
  });

  test('[C1] nobody copies a trial while a run is under way', () => {
    const { room, leases } = mixedRoom({ a: 1000, b: 10, c: 10 }, 1);
    expect(Object.values(kinds(leases)).sort()).toEqual(['micro', 'train', 'train']);
    room.join(trainer('d', { flopsPerSecond: 900 }));
    room.ask('d');
    expect(leasesSent(room.wait(limits.speculateMs + 1))).toEqual([]);
  });
});
