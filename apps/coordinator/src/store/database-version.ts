import { exitCode } from '@gradpool/protocol';
import { Fault } from '../fault.ts';

/** Oldest Postgres that is supported, as `server_version_num` counts. */
const oldestVersion = 130_000;

/** Refuses a server that is too old. `version` is `server_version_num` (130004), `text` `server_version` (13.4). */
export function checkDatabaseVersion(version: number, text: string): void {
  if (version >= oldestVersion) return;
  const message = `the database is Postgres ${text}, and gradpool needs ${oldestVersion / 10_000} or newer; upgrade the server, or leave --database-url out to use the embedded one`;
  throw new Fault('E_DB_TOO_OLD', message, { exit: exitCode.config });
}
