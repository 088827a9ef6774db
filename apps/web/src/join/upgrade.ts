/** No input for this long: nobody is in the middle of something. */
const idleMs = 20_000;

/** A page that was reloaded for a version and still is not of it would reload for ever. */
const reloadedKey = 'gradpool.reloaded-for';

export interface Upgrade {
  /** The coordinator's version, which this page is not of. */
  readonly version: string;
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly idleForMs: () => number;
  readonly hidden: () => boolean;
}

/** Whether the page may reload by itself now: nobody uses it, and it has not tried that for this version before. */
export function reloadsNow({ version, storage, idleForMs, hidden }: Upgrade): boolean {
  if (!hidden() && idleForMs() < idleMs) return false;
  try {
    if (storage.getItem(reloadedKey) === version) return false;
    storage.setItem(reloadedKey, version);
    return true;
  } catch {
    // Without a memory it might reload for ever.
    return false;
  }
}
