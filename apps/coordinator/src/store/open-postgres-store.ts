import { join } from 'node:path';
import { exitCode } from '@gradpool/protocol';
import pg from 'pg';
import { Fault } from '../fault.ts';
import { checkDatabaseVersion } from './database-version.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';
import { migrate, readMigrations } from './migrations.ts';
import { storeOverPool } from './postgres-store.ts';
import type { Store } from './store.ts';

export type PostgresOptions =
  { readonly kind: 'embedded'; readonly dataDir: string } | { readonly kind: 'server'; readonly url: string };

/** Connections to a server; commits come one after another, so the rest is for readers. */
const serverConnectionsMax = 8;
const connectTimeoutMs = 5_000;

/**
 * Opens the store in an embedded Postgres (`dataDir`/postgres, made at the first start) or on a server, and brings its
 * tables up to date. Throws E_DB_UNREACHABLE, E_DB_TOO_OLD or E_DB_MIGRATION_….
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const embedded = options.kind === 'embedded' ? await openEmbeddedPostgres(join(options.dataDir, 'postgres')) : null;
  const pool = new pg.Pool({
    // Otherwise dates come out shifted wherever the server's or the machine's zone is another.
    options: '-c TimeZone=UTC',
    ...(options.kind === 'embedded'
      ? embedded?.poolConfig
      : { connectionString: options.url, max: serverConnectionsMax, connectionTimeoutMillis: connectTimeoutMs }),
  });
  // A connection that breaks while idle: the next query opens a new one or fails.
  pool.on('error', () => undefined);
  const close = async () => embedded?.close();
  try {
    await prepare(pool);
  } catch (error) {
    await pool.end().catch(() => undefined);
    await close();
    throw error;
  }
  return storeOverPool(pool, { close });
}

async function prepare(pool: pg.Pool): Promise<void> {
  const client = await pool.connect().catch((error: unknown) => {
    const why = error instanceof Error ? error.message || error.name : String(error);
    const message = `the database does not answer (${why}); check --database-url and that the server runs`;
    throw new Fault('E_DB_UNREACHABLE', message, { cause: error, exit: exitCode.config });
  });
  try {
    const { rows } = await client.query<{ number: string; text: string }>(
      `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text`,
    );
    checkDatabaseVersion(Number(rows[0]?.number), rows[0]?.text ?? 'unknown');
    await migrate(client, await readMigrations());
  } finally {
    client.release();
  }
}
