import { wireLimits, type ErrorCode } from '@gradpool/protocol';

/** A failure with a public code. `transient`: the same call may succeed later (network, restart of the coordinator). */
export class WorkError extends Error {
  override readonly name = 'WorkError';
  readonly code: ErrorCode;
  readonly transient: boolean;

  constructor(code: ErrorCode, message: string, options: { transient?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.transient = options.transient ?? false;
  }
}

/** Code and text of a failure as they go into `failed`. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

const outOfMemory = /out of memory|allocation failed|could not allocate|memory access out of bounds|Aborted\(/i;

/**
 * Names whatever was thrown. Errors of our own libs carry a `code` that starts with `E_`; a backend says in words that it
 * has no memory left; the rest is E_WORK with what it said.
 */
export function failureOf(thrown: unknown): Failure {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const message = text.slice(0, wireLimits.textCharsMax);
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : null;
  if (typeof code === 'string' && /^E_[A-Z0-9_]{1,60}$/.test(code)) return { code, message };
  return { code: outOfMemory.test(text) ? 'E_OUT_OF_MEMORY' : 'E_WORK', message };
}
