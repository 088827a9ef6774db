import type { ErrorCode } from './error-codes.ts';

/** WebSocket close codes. 4xxx are ours and follow the HTTP status of like meaning. */
export const closeCodes = {
  /** Either end is done; said after `bye`. */
  normal: 1000,
  /** The peer goes away: the process ends or the tab is closed. */
  goingAway: 1001,
  /** Sent by the socket library itself for a frame over the limit. */
  tooLarge: 1009,
  /** A frame that is no message (E_FRAME_*, E_MESSAGE_INVALID), or the wrong first message. */
  badFrame: 4400,
  /** E_TOKEN. */
  badToken: 4401,
  /** E_ROLE, E_ORIGIN. */
  forbidden: 4403,
  /** E_HELLO_LATE. */
  helloLate: 4408,
  /** E_REPLACED. */
  replaced: 4409,
  /** E_REMOVED. */
  removed: 4410,
  /** E_SLOW. */
  slow: 4413,
  /** E_IDENTITY: forget the identity and join anew. */
  badIdentity: 4419,
  /** E_VERSION. */
  version: 4426,
  /** E_RATE. */
  rate: 4429,
  /** E_INTERNAL. */
  internal: 4500,
  /** E_CLOSING, E_FULL: come back later. */
  unavailable: 4503,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** What a client does after a close. `fatal`: the same attempt would fail again, so it stops and says why. */
export type AfterClose = 'reconnect' | 'reconnectAnew' | 'fatal';

const fatal: ReadonlyMap<number, ErrorCode> = new Map([
  [closeCodes.badToken, 'E_TOKEN'],
  [closeCodes.forbidden, 'E_ROLE'],
  [closeCodes.replaced, 'E_REPLACED'],
  [closeCodes.removed, 'E_REMOVED'],
  [closeCodes.version, 'E_VERSION'],
]);

/** `reconnectAnew`: the identity was refused; join again without one. Unknown codes are worth another attempt. */
export const afterClose = (code: number): AfterClose =>
  fatal.has(code) ? 'fatal' : code === closeCodes.badIdentity ? 'reconnectAnew' : 'reconnect';

/** The error code that a fatal close code stands for; null for the others. */
export const errorOfClose = (code: number): ErrorCode | null => fatal.get(code) ?? null;
