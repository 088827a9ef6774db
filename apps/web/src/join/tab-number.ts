/** This tab's own number among those of this browser that work for one coordinator; given back by `release`. */
export interface TabNumber {
  readonly tab: number;
  readonly release: () => void;
}

const tabsMax = 1_000;

/** The smallest number that no other tab has. By Web Locks where there are any (secure contexts), else by asking around. */
export async function claimTabNumber(): Promise<TabNumber> {
  if ('locks' in navigator) return claimByLock(navigator.locks);
  if ('BroadcastChannel' in globalThis) {
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    return claimByAsking(new BroadcastChannel('gradpool.tab'), { ticket: Math.random(), pause });
  }
  return { tab: 0, release: () => undefined };
}

export async function claimByLock(locks: Pick<LockManager, 'request'>): Promise<TabNumber> {
  for (let tab = 0; tab < tabsMax; tab += 1) {
    // A browser that forbids storage forbids locks with it: nothing is kept then that two tabs could both take up.
    const release = await tryLock(locks, `gradpool.tab.${tab}`).catch(() => () => undefined);
    if (release) return { tab, release };
  }
  throw new Error(`more than ${tabsMax} tabs work here; close some`);
}

/** The browser holds a lock until the promise of its callback settles, and frees it when the tab dies. */
function tryLock(locks: Pick<LockManager, 'request'>, name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise<void>((release) => {
          resolve(release);
        });
      })
      .catch(reject);
  });
}

type Said = { readonly ask: number; readonly ticket: number } | { readonly taken: number; readonly ticket: number };

/** Long enough for a busy tab to answer. */
const answerMs = 150;

/**
 * Says which number it would take and moves on when another tab answers that it is taken. Of two tabs that ask for the same
 * number at once, the one with the smaller ticket gets it.
 */
export async function claimByAsking(
  channel: Pick<BroadcastChannel, 'postMessage' | 'close' | 'onmessage'>,
  { ticket, pause }: { readonly ticket: number; readonly pause: (ms: number) => Promise<void> },
): Promise<TabNumber> {
  let tab = 0;
  let mine = false;
  const moveOn = (): void => {
    tab += 1;
  };
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if ('taken' in data) {
      if (!mine && data.ticket === ticket && data.taken === tab) moveOn();
    } else if (data.ask === tab && data.ticket !== ticket) {
      if (mine || ticket < data.ticket) channel.postMessage({ taken: tab, ticket: data.ticket } satisfies Said);
      else moveOn();
    }
  };
  for (let asked = -1; asked !== tab;) {
    asked = tab;
    channel.postMessage({ ask: tab, ticket } satisfies Said);
    await pause(answerMs);
  }
  mine = true;
  return {
    tab,
    release: () => {
      channel.close();
    },
  };
}
