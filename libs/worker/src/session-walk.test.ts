import { expect, test } from '@jest/globals';
import { decodeClient, encode, type ClientMessage, type LeaseId, type LeaseKey } from '@gradpool/protocol';
import fc from 'fast-check';
import {
  artifact,
  leaseKey,
  leaseMessage,
  moved,
  stage,
  trainOutcome,
  workerId,
  type Stage,
} from './session-fixture.ts';
import { nextWakeAt } from './session.ts';
import type { SessionEffect } from './session-state.ts';

/**
 * Random walks: a coordinator that forgets everything said on a connection's last moment, a runner that ends each lease
 * once, in any order with closes, revokes and repeats. What must hold is checked after every event.
 */
interface Walk {
  readonly self: Stage;
  readonly running: Map<LeaseId, 'run' | 'checkpoint' | 'drop'>;
  /** Points of each lease that arrived, and those its runner reported. */
  readonly arrived: Map<LeaseId, Set<number>>;
  readonly reported: Map<LeaseId, number>;
  readonly ended: Set<LeaseId>;
  readonly revoked: Set<LeaseId>;
  readonly endings: Map<LeaseId, string>;
  readonly progressAt: Map<LeaseId, number>;
  /** Said on this connection and not yet taken in. */
  inFlight: ClientMessage[];
  next: number;
  over: boolean;
}

const slots = 2;
const act = fc.record({
  what: fc.constantFrom(
    'open',
    'close',
    'lease',
    'epoch',
    'move',
    'finish',
    'take',
    'settle',
    'revoke',
    'repeat',
    'wait',
  ),
  pick: fc.nat({ max: 100 }),
  flag: fc.boolean(),
});

test('a random walk keeps every promise of a session', () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 1, maxLength: 120 }), (acts) => {
      const walk = startWalk();
      for (const step of acts) perform(walk, step);
      comeToRest(walk);
    }),
    { numRuns: 1_000 },
  );
});

function startWalk(): Walk {
  const walk: Walk = {
    self: stage({ slots }),
    running: new Map(),
    arrived: new Map(),
    reported: new Map(),
    ended: new Set(),
    revoked: new Set(),
    endings: new Map(),
    progressAt: new Map(),
    inFlight: [],
    next: 1,
    over: false,
  };
  check(walk, walk.self.say({ type: 'started' }));
  return walk;
}

function perform(walk: Walk, { what, pick, flag }: { what: string; pick: number; flag: boolean }): void {
  const { self, running } = walk;
  const joined = self.state.connection.phase === 'joined';
  const held = [...self.state.leases.keys()];
  const leaseId = held[pick % Math.max(1, held.length)];
  const ids = [...running.keys()];
  const active = ids[pick % Math.max(1, ids.length)];
  if (what === 'wait') wait(walk, pick * 40);
  if (what === 'open' && self.state.connection.phase === 'connecting') check(walk, self.join());
  if (what === 'close') close(walk, flag);
  if (what === 'take') takeIn(walk);
  if (what === 'epoch' && active) epoch(walk, active);
  if (what === 'move' && active) check(walk, self.say(moved(numberOf(active), pick / 100)));
  if (what === 'finish' && active) finish(walk, active, flag);
  if (!joined) return;
  if (what === 'lease' && walk.next < 40) check(walk, self.hear(leaseMessage(walk.next++)));
  if (what === 'repeat' && leaseId) check(walk, self.hear(leaseMessage(numberOf(leaseId))));
  if (what === 'settle' && leaseId && walk.endings.has(leaseId)) settle(walk, leaseId, flag);
  if (what === 'revoke' && leaseId) {
    if (!flag) walk.revoked.add(leaseId);
    const lease = keyOf(leaseId);
    check(walk, self.hear({ type: 'revoke', lease, code: 'E_SWEEP_PAUSED', message: '', checkpointFirst: flag }));
  }
}

/** Wakes one by one, so that each effect is checked at the time it happened. */
function wait(walk: Walk, ms: number): void {
  const { self } = walk;
  const until = self.now + ms;
  while (self.now < until) {
    const wakeAt = Math.min(until, nextWakeAt(self.state) ?? until);
    check(walk, self.advance(Math.max(0, wakeAt - self.now)));
  }
}

const numberOf = (leaseId: LeaseId): number => parseInt(leaseId.slice(-12), 16) - 1000;
const keyOf = (leaseId: LeaseId): LeaseKey => leaseKey(numberOf(leaseId));

function close(walk: Walk, lostLast: boolean): void {
  if (!lostLast) takeIn(walk);
  walk.inFlight = [];
  walk.progressAt.clear();
  check(walk, walk.self.say({ type: 'closed', code: 1006, reason: '' }));
}

function takeIn(walk: Walk): void {
  for (const message of walk.inFlight) {
    if (message.type === 'progress') {
      for (const { epoch: n } of message.points) walk.arrived.get(message.lease.leaseId)?.add(n);
    }
    if (message.type === 'result' || message.type === 'release' || message.type === 'failed') {
      walk.endings.set(message.lease.leaseId, JSON.stringify(message));
    }
  }
  walk.inFlight = [];
}

function epoch(walk: Walk, leaseId: LeaseId): void {
  const n = (walk.reported.get(leaseId) ?? 0) + 1;
  walk.reported.set(leaseId, n);
  check(walk, walk.self.say({ type: 'epochEnded', leaseId, points: [{ epoch: n, name: 'train_mse', value: 1 }] }));
}

function finish(walk: Walk, leaseId: LeaseId, well: boolean): void {
  const how = walk.running.get(leaseId);
  walk.running.delete(leaseId);
  const { self } = walk;
  if (how === 'drop') return check(walk, self.say({ type: 'dropped', leaseId }));
  if (well) return check(walk, self.say({ type: 'finished', leaseId, outcome: trainOutcome, vector: null }));
  if (how === 'run') return check(walk, self.say({ type: 'failed', leaseId, code: 'E_WORK', message: 'broke' }));
  const checkpoint = { epoch: 1, artifact: artifact(1), numericClass: 'wasm' };
  check(walk, self.say({ type: 'handedBack', leaseId, reason: 'asked', checkpoint }));
}

function settle(walk: Walk, leaseId: LeaseId, accepted: boolean): void {
  const ending = walk.self.state.leases.get(leaseId)?.phase === 'ended';
  const code = accepted ? null : 'E_LEASE_STALE';
  check(walk, walk.self.hear({ type: 'settled', lease: keyOf(leaseId), accepted, code, message: null }));
  if (ending) expect(walk.self.state.leases.has(leaseId)).toBe(false);
}

function check(walk: Walk, effects: readonly SessionEffect[]): void {
  const { running } = walk;
  for (const effect of effects) {
    if (effect.type === 'begin') {
      if (walk.ended.has(effect.lease.leaseId)) throw new Error('begun twice');
      walk.ended.add(effect.lease.leaseId);
      running.set(effect.lease.leaseId, 'run');
      walk.arrived.set(effect.lease.leaseId, new Set());
    }
    if (effect.type === 'stop') running.set(effect.leaseId, effect.how);
    if (effect.type === 'end') walk.over = true;
    if (effect.type === 'send') send(walk, effect.message);
  }
  if (running.size > slots) throw new Error(`${running.size} leases run in ${slots} slots`);
}

function send(walk: Walk, message: ClientMessage): void {
  const { self } = walk;
  const { phase } = self.state.connection;
  if (message.type === 'hello' ? phase !== 'greeting' && phase !== 'joined' : phase !== 'joined' && phase !== 'over') {
    throw new Error(`${message.type} sent while ${phase}`);
  }
  const decoded = decodeClient(encode(message));
  if (!decoded.ok) throw new Error(`${message.type}: ${decoded.message}`);
  walk.inFlight.push(message);
  if (message.type !== 'progress') return;
  const { leaseId } = message.lease;
  if (walk.revoked.has(leaseId)) throw new Error('progress of a revoked lease');
  const before = walk.progressAt.get(leaseId);
  // Only the points before an ending may come sooner.
  if (walk.running.has(leaseId) && before !== undefined && self.now - before < 250) throw new Error('too often');
  walk.progressAt.set(leaseId, self.now);
}

/** Lets everything end with a good connection: nothing may be lost and nothing stay behind. */
function comeToRest(walk: Walk): void {
  const { self } = walk;
  for (let round = 0; self.state.connection.phase !== 'joined'; round += 1) {
    if (round > 20) throw new Error('does not come back');
    if (self.state.connection.phase === 'connecting') check(walk, self.join());
    else wait(walk, 12_000);
    if (self.state.connection.phase === 'greeting') close(walk, true);
  }
  for (let round = 0; self.state.leases.size > 0; round += 1) {
    if (round > 100) throw new Error('leases stay behind');
    for (const leaseId of [...walk.running.keys()]) finish(walk, leaseId, true);
    wait(walk, 1_000);
    takeIn(walk);
    for (const leaseId of [...self.state.leases.keys()]) if (walk.endings.has(leaseId)) settleAtRest(walk, leaseId);
  }
  wait(walk, 15_000);
  expect(self.state.connection).toMatchObject({ phase: 'joined', wanted: slots });
  expect(self.state.identity?.workerId).toBe(workerId);
}

/** An ending that is settled has brought every point of its lease with it. */
function settleAtRest(walk: Walk, leaseId: LeaseId): void {
  const arrived = walk.arrived.get(leaseId);
  for (let n = 1; n <= (walk.reported.get(leaseId) ?? 0); n += 1) {
    if (arrived && !arrived.has(n)) throw new Error(`point ${n} of lease ${numberOf(leaseId)} never arrived`);
  }
  settle(walk, leaseId, true);
}
