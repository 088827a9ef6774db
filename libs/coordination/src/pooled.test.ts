import { describe, expect, test } from '@jest/globals';
import type { SweepId } from '@gradpool/protocol';
import type { Effect, Event, PoolOrder } from './events.ts';
import {
  evaluator,
  idOf,
  leasesSent,
  openRoom,
  plan,
  revoked,
  type Room,
  settled,
  trainer,
  workerOf,
} from './fixtures.ts';
import { coordinationLimits as limits, createState, type RoundStart, sweepView } from './index.ts';

const sha256 = 'a'.repeat(64) as RoundStart['digest'];
const blob = { sha256, bytes: 8 };

type Lease = ReturnType<typeof leasesSent>[number];

function ordersIn(effects: readonly Effect[]): PoolOrder[] {
  return effects.flatMap((effect) => (effect.type === 'pool' ? [effect.order] : []));
}

function startOf(round: number, microBatches = 8): RoundStart {
  return {
    round,
    rounds: 3,
    epoch: 0,
    microBatches,
    images: round * 128,
    parameters: null,
    digest: sha256,
    local: null,
  };
}

/** A pooled trial whose run is open at round 0, with the workers named, all asking for work. */
function openRun(workers: readonly string[], microBatches = 8, flopsPerSecond: readonly number[] = []) {
  const room = openRoom();
  const one = plan({ cells: [1000], seeds: 1 });
  const trials = one.trials.map((trial) => ({ ...trial, spec: { ...trial.spec, pooled: { mode: 'exact' } } }));
  room.submit({ ...one, trials });
  room.join(...workers.map((name, i) => trainer(name, { flopsPerSecond: flopsPerSecond[i] ?? 100 })));
  const [open] = workers.flatMap((name) => ordersIn(room.ask(name)));
  if (open?.kind !== 'open') throw new Error('no run was opened');
  const ready = (start: RoundStart, more: Partial<Extract<Event, { type: 'roundReady' }>> = {}): Effect[] =>
    room.say({
      ...{ type: 'roundReady', trialId: open.trialId, run: open.run, start, checkpoint: null, weights: null },
      toValidate: null,
      bytes: { up: 10 * start.round, down: 5 },
      ...more,
    });
  const leases = leasesSent(ready(startOf(0, microBatches)));
  return { room, open, ready, leases };
}

const rowOf = (room: Room) => room.state.trials.get(room.trial().trialId)!.row;

const command = (room: Room, order: 'pause' | 'resume' | 'cancel'): Effect[] =>
  room.say({ type: 'sweepCommanded', requestId: 'order', sweepId: idOf(1, 0) as SweepId, command: order });

function answer(room: Room, { lease, to, work }: Lease): Effect[] {
  if (work.kind !== 'micro') throw new Error(`a lease of ${work.kind}`);
  const outcome = {
    ...{ kind: 'micro' as const, round: work.round, sum: null, loss: 0.5 },
    ...{ images: 16 * (work.to - work.from), durationMs: 1 },
  };
  return room.say({ type: 'resulted', workerId: to, lease, outcome });
}

const spans = (leases: readonly Lease[]): number[][] =>
  leases.map(({ work }) => (work.kind === 'micro' ? [work.from, work.to] : []));

describe('a pooled run', () => {
  test('[M1] opens when a trainer asks, and stores no attempt', () => {
    const { open, leases, room } = openRun(['a']);
    expect(open).toMatchObject({ kind: 'open', checkpoint: null });
    expect(room.trial()).toMatchObject({ state: 'running', attempts: 1 });
    expect(spans(leases)).toEqual([[0, 8]]);
  });

  test('[M2] workers share the round by their speed, in one lease each where it is short', () => {
    const { room, leases } = openRun(['a', 'b']);
    expect(spans(leases)).toEqual([
      [0, 4],
      [4, 8],
    ]);
    const [first, second] = leases;
    answer(room, first!);
    expect(leasesSent(room.say({ type: 'pulled', workerId: first!.to, want: 1 }))).toEqual([]);
    expect(ordersIn(answer(room, second!))).toMatchObject([{ kind: 'reduce' }]);
    expect(spans(openRun(['a', 'b'], 8, [100, 300]).leases)).toEqual([
      [0, 6],
      [6, 8],
    ]);
  });

  test('[M2] a fast worker takes from the start what slow ones will not have done in time', () => {
    const { leases } = openRun(['a', 'b', 'c', 'd'], 30, [1000, 50, 50, 50]);
    // Cut anywhere, 26.1 of the 30 are the fast one's: with 26 one would be left over, for another lease at the end.
    expect(spans(leases)).toEqual([
      [0, 27],
      [27, 28],
      [28, 29],
      [29, 30],
    ]);
  });

  test('[M2] in a long round something is left for the second lease, and a computed one takes no slot', () => {
    const { room, leases } = openRun(['a', 'b'], 8, [10, 10]);
    expect(spans(leases)).toEqual([
      [0, 2],
      [2, 4],
    ]);
    const { to: workerId, lease } = leases[0]!;
    room.wait(8_000);
    const progress = { lease, epoch: 0, epochs: 0, fraction: 1, loss: null, imagesPerSecond: 0 };
    const pulled = { type: 'pulled', workerId, want: 1 } as const;
    expect(leasesSent(room.say(pulled))).toEqual([]);
    expect(spans(leasesSent(room.say({ type: 'progressed', workerId, progress })))).toEqual([[4, 6]]);
    expect(leasesSent(room.say(pulled))).toEqual([]);
    expect(settled(answer(room, leases[0]!))).toMatchObject([{ accepted: true }]);
  });

  test('[M2] a slow worker gets nothing that others will have done sooner', () => {
    const { room, leases } = openRun(['a', 'b'], 4, [100, 1]);
    expect(spans(leases)).toEqual([[0, 2]]);
    const left = room.say({ type: 'workerLeft', workerId: workerOf('a'), orderly: true });
    expect(spans(leasesSent(left))).toEqual([[0, 2]]);
  });

  test('[M2] one that asks for nothing holds up nobody, however fast it is', () => {
    const { room, leases } = openRun(['a', 'b'], 4, [100, 1]);
    expect(spans(leases)).toEqual([[0, 2]]);
    expect(leasesSent(answer(room, leases[0]!))).toEqual([]);
    expect(leasesSent(room.wait(limits.microAskMs - 1))).toEqual([]);
    expect(leasesSent(room.wait(1))).toMatchObject([{ to: workerOf('b'), work: { from: 2, to: 3 } }]);
  });

  test('[M3] the last answer of a round orders the reduction of every slice, once', () => {
    const { room, open, leases } = openRun(['a']);
    const effects = answer(room, leases[0]!);
    expect(settled(effects)).toMatchObject([{ accepted: true }]);
    expect(ordersIn(effects)).toMatchObject([
      { kind: 'reduce', trialId: open.trialId, round: 0, updates: [{ from: 0, to: 8, images: 128 }] },
    ]);
    expect(settled(answer(room, leases[0]!))).toMatchObject([{ accepted: false, code: 'E_LEASE_UNKNOWN' }]);
  });

  test('[W8] shows where it stands, how fast, and who helps with how much', () => {
    const { room, ready, leases } = openRun(['a']);
    const view = () => sweepView(room.state, idOf(1, 0) as SweepId, room.now)!.pooledRuns;
    expect(view()).toMatchObject([{ round: 0, rounds: 3, images: 0, imagesPerSecond: 0, loss: null, helpers: [] }]);
    room.wait(500);
    answer(room, leases[0]!);
    ready(startOf(1));
    expect(view()).toMatchObject([
      {
        ...{ round: 1, images: 128, imagesPerSecond: 256, loss: 0.5, parameters: sha256 },
        ...{ bytesUp: 10, bytesDown: 5, refused: 0 },
        helpers: [{ workerId: workerOf('a'), images: 128, imagesPerSecond: 256, pace: 'even' }],
      },
    ]);
    command(room, 'pause');
    expect(view()).toEqual([]);
  });

  test('[M3] an answer for another round is refused and counts nothing', () => {
    const { room, leases } = openRun(['a']);
    const [lease] = leases;
    if (lease?.work.kind !== 'micro') throw new Error('no lease');
    const effects = answer(room, { ...lease, work: { ...lease.work, round: 1 } });
    expect(settled(effects)).toMatchObject([{ accepted: false, code: 'E_OUTCOME_KIND' }]);
    expect(ordersIn(effects)).toEqual([]);
  });

  test('[M4] what a leaver had is given to the next, whole', () => {
    const { room, leases } = openRun(['a'], 4);
    expect(spans(leases)).toEqual([[0, 4]]);
    room.say({ type: 'workerLeft', workerId: workerOf('a'), orderly: true });
    room.join(trainer('b'));
    expect(spans(leasesSent(room.ask('b')))).toEqual([[0, 4]]);
  });

  test('[M4] what a worker had whose socket closed waits again at once', () => {
    const { room, leases } = openRun(['a'], 4);
    room.say({ type: 'workerLeft', workerId: workerOf('a'), orderly: false });
    room.join(trainer('b'));
    expect(spans(leasesSent(room.ask('b')))).toEqual([[0, 4]]);
    expect(settled(answer(room, leases[0]!))).toMatchObject([{ accepted: false, code: 'E_LEASE_EXPIRED' }]);
  });

  test('[M5] a late slice is copied to an idle worker; the first answer counts and the other is revoked', () => {
    const { room, leases } = openRun(['a'], 1);
    room.join(trainer('b', { flopsPerSecond: 1e6 }));
    room.ask('b');
    expect(leasesSent(room.wait(limits.microCopyMsMin))).toEqual([]);
    const [copy] = leasesSent(room.wait(limits.tickMs));
    expect(copy).toMatchObject({ to: workerOf('b'), work: { kind: 'micro', from: 0, to: 1, copy: true } });
    const effects = answer(room, copy!);
    expect(ordersIn(effects)).toHaveLength(1);
    expect(revoked(effects)).toMatchObject([{ to: workerOf('a'), code: 'E_COPY_FINISHED' }]);
    expect(settled(answer(room, leases[0]!))).toMatchObject([{ accepted: false, code: 'E_COPY_FINISHED' }]);
  });

  test('[M6] after the last round the weights go to an evaluator, with nobody claiming anything', () => {
    const { room, ready, leases } = openRun(['a']);
    answer(room, leases[0]!);
    ready(startOf(3, 0), { weights: blob });
    expect(rowOf(room)).toMatchObject({ state: 'verifying', weights: blob, images: 384, claimedScore: null });
    room.join(evaluator('e'));
    const [verify] = leasesSent(room.say({ type: 'pulled', workerId: workerOf('e'), want: 1 }));
    const outcome = { kind: 'verify' as const, score: 0.02, measures: {}, details: null, reason: null, durationMs: 1 };
    room.say({ type: 'resulted', workerId: workerOf('e'), lease: verify!.lease, outcome });
    expect(room.trial()).toMatchObject({ state: 'complete', score: 0.02 });
  });

  test('[M7] a pause takes the leases back at once and keeps the checkpoint that comes a little later', () => {
    const { room, open } = openRun(['a']);
    const effects = command(room, 'pause');
    expect(revoked(effects)).toMatchObject([{ code: 'E_SWEEP_PAUSED' }]);
    expect(ordersIn(effects)).toMatchObject([{ kind: 'close', keep: true }]);
    expect(room.trial()).toMatchObject({ state: 'waiting' });
    room.say({ type: 'runClosed', trialId: open.trialId, epoch: 1, checkpoint: blob });
    expect(rowOf(room).checkpoint).toMatchObject({ epoch: 1, artifact: blob });
    expect(ordersIn(command(room, 'resume')).concat(ordersIn(room.ask('a')))).toMatchObject([
      { kind: 'open', checkpoint: blob },
    ]);
  });

  test('[M8] what the shell says of a run that has ended changes nothing', () => {
    const { room, ready } = openRun(['a']);
    command(room, 'cancel');
    expect(ready(startOf(1), { checkpoint: blob })).toEqual([]);
    expect(rowOf(room)).toMatchObject({ state: 'cancelled', checkpoint: null });
  });

  test('[M9] one bad worker does not fail the trial; a round that nobody can compute does', () => {
    const { room, leases } = openRun(['a']);
    let [lease] = leases;
    for (let error = 1; error <= limits.roundErrorsMax; error += 1) {
      expect(room.trial()).toMatchObject({ state: 'running', errors: 0 });
      room.say({ type: 'erred', workerId: workerOf('a'), lease: lease!.lease, code: 'E_WORK', message: 'odd' });
      room.wait(limits.workerRestMsMax);
      [lease] = leasesSent(room.ask('a'));
    }
    expect(room.trial()).toMatchObject({ errors: 1, errorCode: 'E_WORK' });
  });

  test('[M9] what the shell cannot go on with fails at once, or goes on from its checkpoint while errors are left', () => {
    const { room, ready, leases, open } = openRun(['a']);
    answer(room, leases[0]!);
    ready(startOf(1), { checkpoint: blob });
    const failed = (run: number, again: boolean): Effect[] =>
      room.say({
        ...{ type: 'runFailed', trialId: open.trialId, run, again },
        code: 'E_VECTOR_THREAD',
        message: 'gone',
      });
    const runOf = (): number => room.state.trials.get(open.trialId)!.pool!.run;
    for (let error = 1; error < 3; error += 1) {
      const orders = ordersIn(failed(runOf(), true)).concat(ordersIn(room.ask('a')));
      expect(orders).toMatchObject([
        { kind: 'close', keep: false },
        { kind: 'open', checkpoint: blob },
      ]);
      expect(room.trial()).toMatchObject({ errors: error, errorCode: 'E_VECTOR_THREAD' });
      expect(failed(open.run, true)).toEqual([]);
    }
    failed(runOf(), true);
    expect(room.trial()).toMatchObject({ state: 'failed', errors: 3 });
    const other = openRun(['a']);
    other.room.say({
      ...{ type: 'runFailed', trialId: other.open.trialId, run: other.open.run, again: false },
      code: 'E_SPEC',
      message: 'odd',
    });
    expect(other.room.trial()).toMatchObject({ state: 'failed', errors: 1 });
  });

  test('[M10] a restart opens the run again from its last checkpoint', () => {
    const { room, ready, leases, open } = openRun(['a']);
    answer(room, leases[0]!);
    ready(startOf(1), { checkpoint: blob });
    const { state, effects } = createState(room.stored(), room.now);
    expect(ordersIn(effects)).toMatchObject([{ kind: 'open', trialId: open.trialId, checkpoint: blob }]);
    expect(effects.every(({ type }) => type === 'pool')).toBe(true);
    expect(state.trials.get(open.trialId)?.row.state).toBe('running');
  });
});
