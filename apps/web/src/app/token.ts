import { isToken } from '@gradpool/protocol';

/** Two tokens may live beside each other in one browser: the teacher's own, and the one of the link on the board. */
export type TokenUse = 'join' | 'look';

const keyOf = (use: TokenUse): string => `gradpool.token.${use}`;

/** Where the browser forbids storage, the token lives as long as the page. */
const kept = new Map<TokenUse, string>();

/** Which token the page at `pathname` works with. */
export const tokenUse = (pathname: string): TokenUse => (pathname.startsWith('/join') ? 'join' : 'look');

/**
 * Keeps the token of `…#t=<token>` and takes it out of the address bar, where a projector would show it. The fragment
 * never reaches a server or its logs.
 */
export function takeTokenFromAddress(): void {
  const { hash, pathname, search } = window.location;
  const token = new URLSearchParams(hash.slice(1)).get('t');
  if (token === null) return;
  if (isToken(token)) keep(tokenUse(pathname), token);
  window.history.replaceState(null, '', pathname + search);
}

/** The token for `use`, else the other one; null where no link was opened yet. */
export function tokenFor(use: TokenUse): string | null {
  return read(use) ?? read(use === 'join' ? 'look' : 'join');
}

export function keep(use: TokenUse, token: string): void {
  kept.set(use, token);
  try {
    window.localStorage.setItem(keyOf(use), token);
  } catch {
    // Storage is forbidden here; `kept` has it.
  }
}

function read(use: TokenUse): string | null {
  const inPage = kept.get(use);
  if (inPage !== undefined) return inPage;
  try {
    const stored = window.localStorage.getItem(keyOf(use));
    return stored !== null && isToken(stored) ? stored : null;
  } catch {
    return null;
  }
}
