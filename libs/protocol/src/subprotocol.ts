/** Where the socket lives, below the coordinator's own URL. */
export const socketPath = '/socket';

/** The WebSocket subprotocol that the server picks. */
export const subprotocol = 'gradpool';

const tokenPrefix = 'token.';
/** What a token may be made of: the base64url alphabet, which is legal in a subprotocol name and in a URL. */
const tokenPattern = /^[A-Za-z0-9_-]{1,256}$/;

export const isToken = (token: string): boolean => tokenPattern.test(token);

/**
 * Subprotocols to offer: browsers cannot set headers on a WebSocket, so the token travels as a second one.
 * Throws a TypeError on a token that cannot be one.
 */
export function subprotocolsFor(token: string): string[] {
  if (!isToken(token)) throw new TypeError('E_TOKEN: a token is 1 to 256 letters, digits, "-" or "_"');
  return [subprotocol, tokenPrefix + token];
}

/**
 * The token among the subprotocols that a client offers (the header's text, or its parts); null where `gradpool` or the
 * token is missing, or where it is no possible token.
 */
export function tokenOf(offered: string | Iterable<string>): string | null {
  const names = typeof offered === 'string' ? offered.split(',').map((part) => part.trim()) : [...offered];
  if (!names.includes(subprotocol)) return null;
  const token = names.find((name) => name.startsWith(tokenPrefix))?.slice(tokenPrefix.length);
  return token !== undefined && isToken(token) ? token : null;
}

/** `http://host:port/base` -> `ws://host:port/base/socket`. Throws a TypeError on anything that is no http(s) URL. */
export function socketUrl(coordinatorUrl: string): string {
  const url = new URL(coordinatorUrl);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`E_URL: expected an http:// or https:// URL, got ${url.protocol}//`);
  }
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = url.pathname.replace(/\/+$/, '') + socketPath;
  url.search = '';
  url.hash = '';
  return url.href;
}
