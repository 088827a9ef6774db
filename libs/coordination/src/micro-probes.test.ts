import { describe, expect, test } from '@jest/globals';
import type { Effect, PoolOrder } from './events.ts';
import { leasesSent, openRoom, plan, revoked, trainer, workerOf } from './fixtures.ts';
import { coordinationLimits as limits, type RoundStart } from './index.ts';

const digest = 'a'.repeat(64) as RoundStart['digest'];
const microBatches = 8;

type Lease = ReturnType<typeof leasesSent>[number];

/**
 * Rounds of eight micro-batches, in each of which every worker answers everything it is given: its work takes `msOf(name, round)` for
 * each. `play` gives the micro-batches that each one had, by name.
 */
function rounds(names: readonly string[], msOf: (name: string, round: number) => number) {
  const room = openRoom();
  const one = plan({ cells: [1000], seeds: 1 });
  room.submit({ ...one, trials: one.trials.map((trial) => ({ ...trial, spec: { pooled: { mode: 'exact' } } })) });
  room.join(...names.map((name) => trainer(name, { flopsPerSecond: 100 })));
  const orders = (effects: readonly Effect[]): PoolOrder[] =>
    effects.flatMap((effect) => (effect.type === 'pool' ? [effect.order] : []));
  const [open] = names.flatMap((name) => orders(room.ask(name)));
  if (open?.kind !== 'open') throw new Error('no run was opened');
  let round = -1;
  const ready = (): Effect[] => {
    round += 1;
    const start = { round, rounds: 1e6, epoch: 0, microBatches, images: 0, parameters: null, digest, local: null };
    const { trialId, run } = open;
    const bytes = { up: 0, down: 0 };
    return room.say({
      type: 'roundReady',
      trialId,
      run,
      start,
      checkpoint: null,
      weights: null,
      toValidate: null,
      bytes,
    });
  };
  const play = (): Map<string, number> => {
    const had = new Map<string, number>();
    let due: { readonly at: number; readonly name: string; readonly ms: number; readonly lease: Lease }[] = [];
    const take = (effects: readonly Effect[]): boolean => {
      let over = orders(effects).some(({ kind }) => kind === 'reduce');
      for (const lease of leasesSent(effects)) {
        const name = names.find((known) => workerOf(known) === lease.to)!;
        if (lease.work.kind !== 'micro') throw new Error(`a lease of ${lease.work.kind}`);
        const parts = lease.work.to - lease.work.from;
        had.set(name, (had.get(name) ?? 0) + parts);
        const ms = parts * msOf(name, round);
        due.push({ at: room.now + ms, name, ms, lease });
      }
      for (const { to } of revoked(effects)) {
        due = due.filter(({ lease }) => lease.to !== to);
        if (take(room.say({ type: 'pulled', workerId: to, want: 1 }))) over = true;
      }
      return over;
    };
    take(ready());
    for (let turns = 0; turns < 1_000; turns += 1) {
      due = due.sort((a, b) => a.at - b.at);
      const next = due.shift();
      if (!next) throw new Error('a round waits for nobody');
      // By ticks, at which late parts are copied; a copy in hand may end sooner.
      if (next.at > room.now) {
        due.push(next);
        take(room.wait(Math.min(limits.tickMs, next.at - room.now)));
        continue;
      }
      const { lease, name, ms } = next;
      if (lease.work.kind !== 'micro') throw new Error('not a part of a round');
      const { from, to, round: of } = lease.work;
      const outcome = { kind: 'micro' as const, round: of, sum: null, loss: 0, images: to - from, durationMs: ms };
      const over = take(room.say({ type: 'resulted', workerId: workerOf(name), lease: lease.lease, outcome }));
      take(room.say({ type: 'pulled', workerId: workerOf(name), want: 1 }));
      if (over) return had;
    }
    throw new Error('a round without an end');
  };
  return { play };
}

describe('[M12] a worker that rounds have nothing for', () => {
  // A micro-batch takes 2 ms, and 55 times as long in one round of b: not late enough to be copied.
  const hiccup = (at: number) => rounds(['a', 'b'], (name, round) => (name === 'b' && round === at ? 110 : 2));

  test.each([0, 1, 5])('after a hiccup in round %i is measured again, and has its share again', (at) => {
    const { play } = hiccup(at);
    const shares = Array.from({ length: at + 1 + limits.microProbeRounds + 8 }, () => play().get('b') ?? 0);
    expect(shares.slice(at + 1)).toContain(0);
    expect(shares.at(-1)).toBeGreaterThanOrEqual(3);
  });

  // Its first lease was always taken over by a copy, which left its speed what it had said of itself: it got every round whole.
  test('and that is slow indeed is given one micro-batch ever more rarely', () => {
    const { play } = rounds(['a', 'b'], (name) => (name === 'b' ? 200 : 2));
    const given = Array.from({ length: 400 }, (_, round) => ({ round, parts: play().get('b') ?? 0 }));
    const measured = given.findIndex(({ parts }) => parts === 0);
    const probes = given.slice(measured).filter(({ parts }) => parts > 0);
    expect(probes.every(({ parts }) => parts === 1)).toBe(true);
    const gaps = probes.slice(1).map(({ round }, i) => round - probes[i]!.round);
    expect(probes.length).toBeGreaterThanOrEqual(4);
    expect(gaps.every((gap, i) => i === 0 || gap > gaps[i - 1]!)).toBe(true);
  });

  test('leaves the others what they had: nothing is kept back without a probe', () => {
    const { play } = rounds(['a', 'b', 'c'], () => 10);
    for (let round = 0; round < 40; round += 1) {
      const shares = [...play().values()];
      expect([round, ...shares.sort()]).toEqual([round, 2, 3, 3]);
    }
  });
});
