import { exitCode } from '@gradpool/protocol';
import type pg from 'pg';
import { Fault } from '../fault.ts';
import { sessionArguments } from './session-settings.ts';

export interface DatabaseTarget {
  readonly config: pg.PoolConfig;
  /** As in Prisma's URLs (`?schema=`); undefined is `public`. */
  readonly schema: string | undefined;
  /** Host, port and database without the password: for messages. */
  readonly label: string;
}

/** Connections to a server: commits come one after another, the rest is for readers. */
const connectionsMax = 8;
const connectTimeoutMs = 5_000;

/** What `pg` needs to reach the server that a `postgres://` URL names. Throws E_DB_URL. */
export function databaseTarget(text: string): DatabaseTarget {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    const message = 'the database URL is not one; write it as postgres://user:password@host:5432/name';
    throw new Fault('E_DB_URL', message, { exit: exitCode.config });
  }
  const schema = url.searchParams.get('schema') ?? undefined;
  if (schema !== undefined && !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(schema)) {
    const message = `the database URL names the schema ${JSON.stringify(schema)}; use letters, digits and _ only`;
    throw new Fault('E_DB_URL', message, { exit: exitCode.config });
  }
  const options = [
    ...(url.searchParams.get('options')?.split(' ') ?? []),
    ...sessionArguments,
    ...(schema === undefined ? [] : ['-c', `search_path=${schema}`]),
  ];
  const label = `${url.hostname}:${url.port || '5432'}${url.pathname}`;
  // `pg` lets the URL's own parameters win over the configuration.
  url.searchParams.delete('schema');
  url.searchParams.set('options', options.join(' '));
  const config = { connectionString: url.href, max: connectionsMax, connectionTimeoutMillis: connectTimeoutMs };
  return { config, schema, label };
}
