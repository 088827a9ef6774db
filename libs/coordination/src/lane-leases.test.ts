import { describe, expect, test } from '@jest/globals';
import type { SweepId } from '@gradpool/protocol';
import type { Effect, PoolOrder } from './events.ts';
import {
  evaluator,
  idOf,
  leasesSent,
  openRoom,
  plan,
  revoked,
  settled,
  trainer,
  workerOf,
  type Room,
} from './fixtures.ts';
import { coordinationLimits as limits, sweepView, trialView, type RoundStart } from './index.ts';

const sha256 = 'a'.repeat(64) as RoundStart['digest'];
const blob = { sha256, bytes: 8 };
const imagesTotal = 16 * 64 * 10;

type Lease = ReturnType<typeof leasesSent>[number];

const ordersIn = (effects: readonly Effect[]): PoolOrder[] =>
  effects.flatMap((effect) => (effect.type === 'pool' ? [effect.order] : []));

const averages = (effects: readonly Effect[]) =>
  ordersIn(effects).flatMap((order) => (order.kind === 'average' ? [order] : []));

function startOf(round: number, images = 1024 * round): RoundStart {
  const changes = round > 0 ? [{ from: sha256, change: blob }] : [];
  return {
    ...{ round, rounds: 10, epoch: 0, microBatches: 0, images, parameters: blob, digest: sha256 },
    local: { imagesTotal, batch: 16, stepsMax: 64, stalenessMax: 1, changes },
  };
}

/** A run in local mode, open at round 0; speeds in steps a second. */
function openRun(speeds: Readonly<Record<string, number>>) {
  const room = openRoom();
  const one = plan({ cells: [imagesTotal], seeds: 1 });
  const trials = one.trials.map((trial) => ({ ...trial, spec: { ...trial.spec, pooled: { mode: 'local' } } }));
  room.submit({ ...one, trials });
  const names = Object.keys(speeds);
  room.join(...names.map((name) => trainer(name, { flopsPerSecond: 16 * speeds[name]! })));
  const [open] = names.flatMap((name) => ordersIn(room.ask(name)));
  if (open?.kind !== 'open') throw new Error('no run was opened');
  const { trialId, run } = open;
  const ready = (start: RoundStart, weights: typeof blob | null = null): Effect[] =>
    room.say({
      type: 'roundReady',
      trialId,
      run,
      start,
      checkpoint: null,
      weights,
      toValidate: null,
      bytes: { up: 0, down: 0 },
    });
  return { room, trialId, ready, leases: leasesSent(ready(startOf(0))) };
}

const parts = (leases: readonly Lease[]): unknown[][] =>
  leases.map(({ to, work }) => (work.kind === 'lane' ? [to, work.lane, work.first, work.steps] : []));

const leaseOf = (leases: readonly Lease[], name: string): Lease => leases.find(({ to }) => to === workerOf(name))!;

function answer(room: Room, { lease, to, work }: Lease, changes: { round?: number; images?: number } = {}): Effect[] {
  if (work.kind !== 'lane') throw new Error(`a lease of ${work.kind}`);
  const { round = work.round, images = 16 * work.steps } = changes;
  const outcome = { kind: 'lane' as const, round, delta: blob, loss: 0.5, images, durationMs: 1 };
  return room.say({ type: 'resulted', workerId: to, lease, outcome });
}

describe('a run in local mode', () => {
  test('[N1] the fastest takes all steps, a slower one as many as take it as long', () => {
    const { leases } = openRun({ a: 64, b: 16 });
    expect(parts(leases)).toEqual([
      [workerOf('a'), 0, 0, 64],
      [workerOf('b'), 1, 1024, 16],
    ]);
    expect(leases[0]!.work).toMatchObject({
      round: 0,
      msMax: limits.laneRoundMsMax,
      done: 0,
      planned: 1280,
      changes: [],
    });
  });

  test('[N1] a large model, and one who boasts, make nobody wait for more than half a minute or nothing', () => {
    expect(parts(openRun({ a: 1 }).leases)).toEqual([[workerOf('a'), 0, 0, limits.laneRoundMsMax / 1000]]);
    const { leases } = openRun({ a: 64, b: 64, c: 1e9 });
    for (const name of ['a', 'b']) {
      const { work } = leaseOf(leases, name);
      expect(work).toMatchObject({ steps: 64 / limits.laneSpeedRatioMax });
    }
  });

  test('[N2] every answer counts once by its images, and the last one ends the round', () => {
    const { room, leases, trialId } = openRun({ a: 64, b: 32 });
    const [first, second] = [leaseOf(leases, 'a'), leaseOf(leases, 'b')];
    expect(averages(answer(room, first))).toEqual([]);
    expect(settled(answer(room, first))).toMatchObject([{ accepted: false, code: 'E_LEASE_UNKNOWN' }]);
    const effects = answer(room, second, { images: 1e9 });
    expect(averages(effects)).toMatchObject([
      {
        trialId,
        round: 0,
        updates: [
          { lane: 0, images: 1024 },
          { lane: 1, round: 0, images: 512 },
        ],
      },
    ]);
  });

  test('[N2] an answer for another round is refused, and the lease stays', () => {
    const { room, leases } = openRun({ a: 64 });
    expect(settled(answer(room, leases[0]!, { round: 1 }))).toMatchObject([
      { accepted: false, code: 'E_OUTCOME_KIND' },
    ]);
    expect(averages(answer(room, leases[0]!))).toHaveLength(1);
  });

  test('[N2] a round does not wait for a lane that sleeps; its answer counts in the next one', () => {
    const { room, leases, ready, trialId } = openRun({ a: 64, b: 64 });
    const roundMs = 1000;
    room.wait(roundMs);
    answer(room, leaseOf(leases, 'a'));
    room.ask('a');
    const late = room.wait(limits.laneGraceRatio * roundMs + limits.laneGraceMs - roundMs + limits.tickMs);
    expect(averages(late)).toMatchObject([{ round: 0, updates: [{ lane: 0 }] }]);
    const [next] = leasesSent(ready(startOf(1)));
    expect(next).toMatchObject({ to: workerOf('a'), work: { round: 1, lane: 0, changes: [{ change: blob }] } });
    answer(room, leaseOf(leases, 'b'));
    expect(averages(answer(room, next!))).toMatchObject([
      {
        round: 1,
        updates: [
          { lane: 1, round: 0 },
          { lane: 0, round: 1 },
        ],
      },
    ]);
    ready(startOf(2));
    expect(sweepView(room.state, idOf(1, 0) as SweepId, room.now)!.pooledRuns).toMatchObject([
      { local: { lanes: 2, staleness: 1, late: 0 } },
    ]);
    expect(trialView(room.state, trialId)).toMatchObject({ bitExact: false });
  });

  test('[N2] answers of one round that come one by one make one round together, not several', () => {
    const { room, leases, ready } = openRun({ a: 64, b: 64, c: 64, d: 64 });
    // All are four times as slow as they said, so that the round ends with the first answer.
    room.wait(4_000);
    expect(averages(answer(room, leaseOf(leases, 'a')))).toMatchObject([{ round: 0, share: 0.25 }]);
    ready(startOf(1));
    expect(averages(answer(room, leaseOf(leases, 'b')))).toMatchObject([{ round: 1, share: 0.25 }]);
  });

  test('[N2] what is lost is no part of the round', () => {
    const { room, leases } = openRun({ a: 64, b: 64 });
    room.say({ type: 'workerLeft', workerId: workerOf('b'), orderly: true });
    expect(averages(answer(room, leaseOf(leases, 'a')))).toMatchObject([{ share: 1 }]);
  });

  test('[N1] who was taken for too fast, and has never answered in time, is planned by what that shows', () => {
    const { room, leases, ready } = openRun({ a: 64, b: 6_400 });
    let given = leaseOf(leases, 'a');
    const steps: number[] = [];
    for (let round = 1; round <= 16; round += 1) {
      steps.push(parts([given])[0]![3] as number);
      room.wait((1000 * steps.at(-1)!) / 64);
      answer(room, given);
      room.ask('a');
      const effects = [...ready(startOf(round)), ...room.ask('b')];
      given = leaseOf(leasesSent(effects), 'a');
    }
    expect(steps[0]).toBe(64 / limits.laneSpeedRatioMax);
    expect(steps.at(-1)).toBeGreaterThan(48);
  });

  test('[N3] what can only come too late is revoked, counted, and refused', () => {
    const { room, leases, ready } = openRun({ a: 64, b: 64 });
    const sleeping = leaseOf(leases, 'b');
    let lease = leaseOf(leases, 'a');
    let effects: Effect[] = [];
    for (let round = 1; round <= 2; round += 1) {
      answer(room, lease);
      room.ask('a');
      room.wait(limits.laneGraceMs + 2_000);
      effects = ready(startOf(round));
      lease = leaseOf(leasesSent(effects), 'a');
    }
    expect(revoked(effects)).toMatchObject([{ to: workerOf('b'), code: 'E_ROUND_STALE' }]);
    expect(settled(answer(room, sleeping))).toMatchObject([{ accepted: false, code: 'E_ROUND_STALE' }]);
    expect(sweepView(room.state, idOf(1, 0) as SweepId, room.now)!.pooledRuns[0]!.local).toMatchObject({ late: 1 });
  });

  test('[N4] a lane whose lease erred may try again, and the others need not wait for one that left', () => {
    const { room, leases } = openRun({ a: 64, b: 64 });
    const { lease, to } = leaseOf(leases, 'a');
    room.say({ type: 'erred', workerId: to, lease, code: 'E_NAN_LOSS', message: 'NaN' });
    const [again] = leasesSent(room.ask('a'));
    expect(again).toMatchObject({ to: workerOf('a'), work: { round: 0, lane: 0 } });
    answer(room, leaseOf(leases, 'b'));
    expect(averages(room.say({ type: 'workerLeft', workerId: to, orderly: true }))).toMatchObject([
      { updates: [{ lane: 1 }] },
    ]);
  });

  test('[N3] [M6] the end of the run ends what is still at work, and the weights go to an evaluator', () => {
    const { room, leases, ready } = openRun({ a: 64, b: 64 });
    answer(room, leaseOf(leases, 'a'));
    room.wait(limits.laneGraceMs + 4_000);
    expect(revoked(ready(startOf(1, imagesTotal), blob))).toMatchObject([{ to: workerOf('b'), code: 'E_ROUND_STALE' }]);
    expect(room.trial()).toMatchObject({ state: 'verifying' });
    room.join(evaluator('e'));
    expect(leasesSent(room.say({ type: 'pulled', workerId: workerOf('e'), want: 1 }))).toMatchObject([
      { work: { kind: 'verify', weights: blob } },
    ]);
  });
});
