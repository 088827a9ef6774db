import type { Effect, Event, PersistRow, SweepRow } from '@gradpool/coordination';
import type { SweepId, WorkerId } from '@gradpool/protocol';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../fault.ts';
import { DecisionLoop, type LoopParts } from './decision-loop.ts';

/** A commit that the test lets through, or makes fail. */
interface HeldCommit {
  readonly rows: readonly PersistRow[];
  readonly pass: () => void;
  readonly fail: (error: Error) => void;
}

const row = (name: string): Effect => ({ type: 'persist', table: 'sweep', row: { name } as SweepRow });
const message = (workerId: string): Effect => ({
  type: 'send',
  workerId: workerId as WorkerId,
  message: { type: 'settled', lease: { leaseId: '' as never, fence: 1 }, accepted: true, code: null, message: null },
});

/** Each event stores a row named after the worker and sends that worker a message; `bye` only sends. */
function stepOf(event: Event): Effect[] {
  if (event.type === 'sweepCommanded') {
    return [
      row('command'),
      {
        type: 'reply',
        requestId: event.requestId,
        reply: { ok: true, sweepId: event.sweepId, created: false, trialsAdded: 0 },
      },
    ];
  }
  if (event.type === 'pulled') return [row(event.workerId), message(event.workerId)];
  if (event.type === 'workerLeft') return [message(event.workerId)];
  if (event.type === 'ticked') throw new Error('trial 7 is missing');
  return [];
}

function heldLoop(overrides: Partial<LoopParts> = {}) {
  const commits: HeldCommit[] = [];
  const sent: string[] = [];
  const faults: Fault[] = [];
  let arrived = (): void => undefined;
  const loop = new DecisionLoop({
    step: stepOf,
    env: () => ({ now: 0, newId: () => `request ${sent.length}` }),
    commit: (rows) =>
      new Promise((resolve, reject) => {
        commits.push({ rows, pass: resolve, fail: reject });
        arrived();
      }),
    deliver: (effect) => void (effect.type === 'send' && sent.push(effect.workerId)),
    delivering: (send) => send(),
    onFatal: (fault) => faults.push(fault),
    pendingEventsMax: 3,
    ...overrides,
  });
  const pull = (workerId: string): void => loop.accept({ type: 'pulled', workerId: workerId as WorkerId, want: 1 });
  const leave = (workerId: string): void =>
    loop.accept({ type: 'workerLeft', workerId: workerId as WorkerId, orderly: true });
  /** The commit of this number, once the loop has begun it. */
  const commit = async (index: number): Promise<HeldCommit> => {
    while (!commits[index]) await new Promise<void>((resolve) => (arrived = resolve));
    return commits[index];
  };
  return { loop, commits, sent, faults, pull, leave, commit };
}

const names = ({ rows }: HeldCommit): string[] => rows.map((each) => (each.row as SweepRow).name);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('order', () => {
  test('[L1] nothing is sent before its rows are stored', async () => {
    const { loop, sent, pull, commit } = heldLoop();
    pull('a');
    const first = await commit(0);
    expect(sent).toEqual([]);
    first.pass();
    await loop.settled();
    expect(sent).toEqual(['a']);
  });

  test('[L1] a message without rows does not overtake one that waits for its rows', async () => {
    const { loop, sent, pull, leave, commit } = heldLoop();
    pull('a');
    const first = await commit(0);
    leave('b');
    loop.afterStored(() => sent.push('action'));
    await turn();
    expect(sent).toEqual([]);
    first.pass();
    await loop.settled();
    expect(sent).toEqual(['a', 'b', 'action']);
  });

  test('[L2] events that come during a commit are stored together by the next one', async () => {
    const { loop, sent, pull, commit, commits } = heldLoop();
    pull('a');
    const first = await commit(0);
    pull('b');
    pull('c');
    first.pass();
    const second = await commit(1);
    expect([names(first), names(second)]).toEqual([['a'], ['b', 'c']]);
    await turn();
    expect(sent).toEqual(['a']);
    second.pass();
    await loop.settled();
    expect(sent).toEqual(['a', 'b', 'c']);
    expect(commits).toHaveLength(2);
  });

  test('[L2] events of one turn share a commit', async () => {
    const { pull, commit } = heldLoop();
    pull('a');
    pull('b');
    expect(names(await commit(0))).toEqual(['a', 'b']);
  });

  test('[L3] settled waits for what was stepped, and only for that', async () => {
    const { loop, pull, commit } = heldLoop();
    await loop.settled();
    pull('a');
    let settled = false;
    const waiting = loop.settled().then(() => (settled = true));
    const first = await commit(0);
    await turn();
    expect(settled).toBe(false);
    first.pass();
    await waiting;
    expect(settled).toBe(true);
  });

  test('a request gets its reply after the commit', async () => {
    const { loop, commit } = heldLoop();
    const reply = loop.request((requestId) => ({
      type: 'sweepCommanded',
      requestId,
      sweepId: 's' as SweepId,
      command: 'pause',
    }));
    (await commit(0)).pass();
    await expect(reply).resolves.toMatchObject({ ok: true, sweepId: 's' });
  });
});

describe('faults', () => {
  test('[L4] a failed commit ends the loop: nothing of it is sent, waiters are told, and no event is taken any more', async () => {
    const { loop, sent, faults, pull, commit, commits } = heldLoop();
    const reply = loop.request((requestId) => ({
      type: 'sweepCommanded',
      requestId,
      sweepId: 's' as SweepId,
      command: 'pause',
    }));
    pull('a');
    const settled = loop.settled();
    (await commit(0)).fail(new Error('connection lost'));
    await expect(settled).rejects.toMatchObject({ code: 'E_STORE_WRITE' });
    await expect(reply).rejects.toMatchObject({
      code: 'E_STORE_WRITE',
      message: expect.stringContaining('connection lost'),
    });
    pull('b');
    await turn();
    expect(sent).toEqual([]);
    expect(commits).toHaveLength(1);
    expect(faults.map(({ code }) => code)).toEqual(['E_STORE_WRITE']);
    await expect(loop.settled()).rejects.toMatchObject({ code: 'E_STORE_WRITE' });
  });

  test('[L4] what was stored before a failed commit is still sent', async () => {
    const { sent, faults, pull, commit } = heldLoop();
    pull('a');
    const first = await commit(0);
    pull('b');
    first.pass();
    (await commit(1)).fail(new Error('connection lost'));
    await turn();
    expect([sent, faults.map(({ code }) => code)]).toEqual([['a'], ['E_STORE_WRITE']]);
  });

  test('[L4] a full disk has a code of its own, however deep it is wrapped', async () => {
    const { faults, pull, commit } = heldLoop();
    pull('a');
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    (await commit(0)).fail(new Error('query failed', { cause: new Error('driver', { cause: full }) }));
    await turn();
    expect(faults).toMatchObject([
      { code: 'E_DISK_FULL', exit: 1, message: expect.stringContaining('free some space') },
    ]);
  });

  test('[L4] a broken invariant ends the loop', async () => {
    const { loop, faults, pull, commits } = heldLoop();
    loop.accept({ type: 'ticked' });
    pull('a');
    await turn();
    expect(faults).toMatchObject([
      { code: 'E_INVARIANT', exit: 1, message: expect.stringContaining('trial 7 is missing') },
    ]);
    expect(commits).toHaveLength(0);
  });

  test('a fault while sending ends the loop', async () => {
    const { faults, pull, commit } = heldLoop({
      deliver: () => {
        throw new Error('no such socket');
      },
    });
    pull('a');
    (await commit(0)).pass();
    await turn();
    expect(faults.map(({ code }) => code)).toEqual(['E_INTERNAL']);
  });
});

describe('load', () => {
  test('[L5] is saturated while too many events wait, and says when there is room', async () => {
    const { loop, pull, commit } = heldLoop();
    for (const name of ['a', 'b', 'c']) pull(name);
    expect(loop.saturated).toBe(false);
    pull('d');
    expect(loop.saturated).toBe(true);
    const room = new Promise<void>((resolve) => loop.whenRoom(resolve));
    (await commit(0)).pass();
    await room;
    expect(loop.saturated).toBe(false);
  });

  test('[L5] one event with many rows does not saturate', () => {
    const { loop } = heldLoop({ step: () => Array.from({ length: 1_000 }, (_, index) => row(String(index))) });
    loop.accept({ type: 'ticked' });
    expect(loop.saturated).toBe(false);
  });

  test('[L6] stop takes no more events, stores what there is and turns requests away', async () => {
    const { loop, sent, pull, commit, commits } = heldLoop();
    pull('a');
    const stopped = loop.stop();
    pull('b');
    (await commit(0)).pass();
    await stopped;
    expect(sent).toEqual(['a']);
    expect(commits).toHaveLength(1);
    await expect(loop.request(() => ({ type: 'ticked' }))).rejects.toMatchObject({ code: 'E_CLOSING' });
  });
});
