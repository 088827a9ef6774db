import { exitCode } from './exit-codes.ts';

/** Error codes that only the command line says; the others are `errorCodes` of libs/protocol. Codes are public API. */
export const cliErrorMeanings = {
  E_USAGE: 'The command line is not one the program takes; the text names the argument.',
  E_NO_COORDINATOR: 'No coordinator is known here: none runs on this data folder and no --url was given.',
  E_UNREACHABLE: 'No coordinator answers at the address.',
  E_TIMEOUT: 'The coordinator took the request and did not answer in time.',
  E_ANSWER: 'The answer is not one this version reads: the address is no coordinator, or one of another version.',
  E_FILE: 'A file cannot be read or written; the text says why.',
  E_FETCH: 'A data set could not be fetched; what came stays, and the same command goes on from there.',
  E_DATA_IN_USE: 'A sweep that is not finished trains on the data set that is to be removed, or nobody could be asked.',
  E_CHILD: 'A process that `gradpool up` or `gradpool worker` needs has stopped for good.',
  E_TRIALS_FAILED: 'The sweep ended, but not every trial could be trained and verified.',
  E_SWEEP_STOPPED: 'The sweep is paused or cancelled, so waiting for its table would never end.',
  E_FORCED: 'Stopped at once on a second Ctrl-C; unfinished work goes on from its last checkpoint at the next start.',
} as const;

/** A failure that is said to the user as `CODE: what, value, what to do` and ends the program with `exit`. */
export class CliError extends Error {
  readonly code: string;
  readonly exit: number;

  constructor(code: string, message: string, exit: number = exitCode.failed) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.exit = exit;
  }
}

/** An error that the same command would meet again: wrong arguments, token or file. */
export const configError = (code: string, message: string): CliError => new CliError(code, message, exitCode.config);

/** What a thrown value says, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message || codeOf(error.cause) : '';
  return (cause || error.message || codeOf(error) || error.name).split('\n')[0] ?? error.name;
}

/** A system error's own code (`ENOENT`), or an empty text. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}
