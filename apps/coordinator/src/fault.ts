import { exitCode } from '@gradpool/protocol';

/** An expected failure with a public code: what was wrong, the value seen, what to do. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: string;
  /** Exit code of the process where the fault ends it. */
  readonly exit: number;
  /** Status of the HTTP answer where the fault is one. */
  readonly status: number;

  constructor(code: string, message: string, how: { exit?: number; status?: number; cause?: unknown } = {}) {
    super(message, how.cause === undefined ? undefined : { cause: how.cause });
    this.code = code;
    this.exit = how.exit ?? exitCode.failed;
    this.status = how.status ?? 500;
  }
}

/** Code and text of anything thrown; a foreign error has the given code. */
export function faultOf(error: unknown, code = 'E_INTERNAL'): { code: string; message: string } {
  const own = codeOf(error);
  return { code: own.startsWith('E_') ? own : code, message: reasonOf(error) };
}

/** The `code` that Node, Postgres and our own faults put on an error; empty where there is none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** The text of anything thrown. */
export function reasonOf(error: unknown): string {
  // By its shape: errors of Node's own come from another realm where the code runs in a sandbox.
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
