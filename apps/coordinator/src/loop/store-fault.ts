import { codeOf, Fault, reasonOf } from '../fault.ts';

/** Node's codes for a full disk and a spent quota, and the SQLSTATE of Postgres. */
const diskFullCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', '53100']);

/** A failed write, told apart by whether the disk is full. The process ends on either. */
export function storeFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const why = reasonOf(error);
  if (isDiskFull(error)) {
    const message = `the disk is full (${why}); free some space and start again: everything acknowledged is kept`;
    return new Fault('E_DISK_FULL', message, { cause: error });
  }
  const message = `the store did not take a write (${why}); start again: everything acknowledged is kept`;
  return new Fault('E_STORE_WRITE', message, { cause: error });
}

/** True where the error, or any that caused it, says that there is no space left. */
export function isDiskFull(error: unknown): boolean {
  let at = error;
  for (let depth = 0; depth < 8 && typeof at === 'object' && at !== null; depth += 1) {
    if (diskFullCodes.has(codeOf(at)) || /no space left on device/i.test(reasonOf(at))) return true;
    at = 'cause' in at ? at.cause : null;
  }
  return false;
}
