import { describe, expect, test } from '@jest/globals';
import { claimByAsking, claimByLock } from './tab-number.ts';

type Channel = Parameters<typeof claimByAsking>[0];

/** Tabs that hear each other at once, in a browser whose pauses all end together. */
function browser() {
  const channels = new Set<Channel>();
  const pauses: (() => void)[] = [];
  const open = (): Channel => {
    const channel: Channel = {
      onmessage: null,
      postMessage: (data: unknown) => {
        for (const other of channels) {
          if (other !== channel) other.onmessage?.call(other as BroadcastChannel, { data } as MessageEvent);
        }
      },
      close: () => void channels.delete(channel),
    };
    channels.add(channel);
    return channel;
  };
  const pause = () => new Promise<void>((resolve) => pauses.push(resolve));
  const endPauses = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) {
      for (const end of pauses.splice(0)) end();
      await Promise.resolve();
    }
  };
  return { claim: (ticket: number) => claimByAsking(open(), { ticket, pause }), endPauses };
}

/** As the Web Locks API: a name is held until its callback's promise settles. */
function fakeLocks(): Pick<LockManager, 'request'> {
  const held = new Set<string>();
  const request = async (name: string, _: unknown, callback: (lock: unknown) => unknown): Promise<unknown> => {
    if (held.has(name)) return callback(null);
    held.add(name);
    try {
      return await callback({ name });
    } finally {
      held.delete(name);
    }
  };
  return { request } as unknown as Pick<LockManager, 'request'>;
}

describe('a tab’s number', () => {
  test('by locks: the smallest free one, free again when the tab goes', async () => {
    const locks = fakeLocks();
    const tabs = [await claimByLock(locks), await claimByLock(locks), await claimByLock(locks)];
    expect(tabs.map(({ tab }) => tab)).toEqual([0, 1, 2]);
    tabs[1]?.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await claimByLock(locks)).tab).toBe(1);
  });

  test('by locks: where the browser forbids them the tab works all the same', async () => {
    const request = () => Promise.reject(new Error('Access to the Locks API is denied in this context.'));
    expect((await claimByLock({ request } as Pick<LockManager, 'request'>)).tab).toBe(0);
  });

  test('by asking: one after another', async () => {
    const tabs = browser();
    for (const expected of [0, 1, 2]) {
      const claimed = tabs.claim(0.9 - expected / 10);
      await tabs.endPauses();
      expect((await claimed).tab).toBe(expected);
    }
  });

  test('by asking: tabs that open at once get different ones', async () => {
    const tabs = browser();
    const claims = [0.3, 0.1, 0.4, 0.2].map((ticket) => tabs.claim(ticket));
    await tabs.endPauses();
    const numbers = (await Promise.all(claims)).map(({ tab }) => tab);
    expect(new Set(numbers).size).toBe(4);
    expect(Math.max(...numbers)).toBeLessThan(8);
  });

  test('by asking: a number is free again when its tab goes', async () => {
    const tabs = browser();
    const first = tabs.claim(0.5);
    await tabs.endPauses();
    (await first).release();
    const second = tabs.claim(0.6);
    await tabs.endPauses();
    expect((await second).tab).toBe(0);
  });
});
