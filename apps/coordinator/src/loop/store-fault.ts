import { Fault } from '../fault.ts';

/** SQLSTATE of Postgres for a full disk. */
const postgresDiskFull = '53100';

/** A failed write, told apart by whether the disk is full. The process ends on either. */
export function storeFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const why = error instanceof Error ? error.message : String(error);
  if (isDiskFull(error)) {
    const message = `the disk is full (${why}); free some space and start again: everything acknowledged is kept`;
    return new Fault('E_DISK_FULL', message, { cause: error });
  }
  const message = `the store did not take a write (${why}); start again: everything acknowledged is kept`;
  return new Fault('E_STORE_WRITE', message, { cause: error });
}

/** True where the error, or any that caused it, says that there is no space left. */
export function isDiskFull(error: unknown): boolean {
  for (let depth = 0, at = error; depth < 8 && at instanceof Error; depth += 1, at = at.cause) {
    const code = 'code' in at ? String(at.code) : '';
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === postgresDiskFull) return true;
    if (/no space left on device/i.test(at.message)) return true;
  }
  return false;
}
