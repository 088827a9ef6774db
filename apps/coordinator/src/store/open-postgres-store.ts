import { join } from 'node:path';
import { exitCode } from '@gradpool/protocol';
import pg from 'pg';
import { Fault } from '../fault.ts';
import type { DataDirLock } from './data-dir-lock.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { ownDatabase } from './database-owner.ts';
import { databaseTarget } from './database-url.ts';
import { templateFolder } from './database-template.ts';
import { checkDatabaseVersion } from './database-version.ts';
import { maintainEmbedded } from './embedded-maintenance.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';
import { migrate, readMigrations } from './migrations.ts';
import type { PoolOptions } from './postgres-store.ts';
import { storeOverPool } from './postgres-store.ts';
import type { Store } from './store.ts';

export type PostgresOptions = EmbeddedOptions | { readonly kind: 'server'; readonly url: string };

interface EmbeddedOptions {
  readonly kind: 'embedded';
  readonly dataDir: string;
  /** The caller's own lock of the data folder, if it holds one already. */
  readonly lock?: DataDirLock;
  /** False makes a new database from nothing, as a build without a template does. */
  readonly useTemplate?: boolean;
}

/** Something to connect to, and how to let go of it. */
interface Database {
  readonly config: pg.PoolConfig;
  readonly schema?: string | undefined;
  readonly label: string;
  readonly close: () => Promise<void>;
}

/**
 * Opens the store in an embedded Postgres (`dataDir`/postgres, made at the first start) or on a server, and brings its
 * tables up to date. The embedded one takes the data folder's lock unless the caller passes its own. Throws
 * E_DATA_DIR_IN_USE, E_DATA_DIR_UNUSABLE, E_DB_URL, E_DB_UNREACHABLE, E_DB_TOO_OLD, E_DB_IN_USE or E_DB_MIGRATION_….
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const database = options.kind === 'embedded' ? await openEmbedded(options) : serverOf(options.url);
  const pool = new pg.Pool({
    // A transaction's statements leave together instead of each waiting for the one before.
    pipeline: true,
    ...database.config,
  });
  // A connection that breaks while idle: the next query opens a new one or fails.
  pool.on('error', () => undefined);
  let upkeep: Upkeep;
  try {
    await prepare(pool, database);
    upkeep = options.kind === 'embedded' ? embeddedUpkeep(pool) : await serverUpkeep(database);
  } catch (error) {
    await pool.end().catch(() => undefined);
    await database.close();
    throw error;
  }
  return storeOverPool(pool, { schema: database.schema, ...upkeep, afterClose: database.close });
}

/** What goes on beside the store's own queries. */
type Upkeep = Pick<PoolOptions, 'beforeCommit' | 'beforeClose'>;

function embeddedUpkeep(pool: pg.Pool): Upkeep {
  const maintenance = maintainEmbedded(pool);
  return { beforeCommit: () => Promise.resolve(), beforeClose: () => maintenance.stop() };
}

async function serverUpkeep({ config, label }: Database): Promise<Upkeep> {
  const owner = await ownDatabase(config, label);
  return { beforeCommit: () => owner.ensure(), beforeClose: () => owner.release() };
}

function serverOf(url: string): Database {
  return { ...databaseTarget(url), close: () => Promise.resolve() };
}

async function openEmbedded({ dataDir, lock, useTemplate = true }: EmbeddedOptions): Promise<Database> {
  const held = lock ?? (await lockDataDir(dataDir));
  const letGo = () => (lock === undefined ? held.release() : Promise.resolve());
  try {
    const template = useTemplate ? async () => templateFolder(await readMigrations()) : null;
    const embedded = await openEmbeddedPostgres(join(dataDir, 'postgres'), template);
    const close = () => embedded.close().finally(letGo);
    return { config: embedded.poolConfig, label: join(dataDir, 'postgres'), close };
  } catch (error) {
    await letGo();
    throw error;
  }
}

async function prepare(pool: pg.Pool, { label, schema }: Database): Promise<void> {
  const client = await pool.connect().catch((error: unknown) => {
    const why = error instanceof Error ? error.message || error.name : String(error);
    const message = `the database at ${label} does not answer: ${why}; check --database-url and that the server runs`;
    throw new Fault('E_DB_UNREACHABLE', message, { cause: error, exit: exitCode.config });
  });
  try {
    const { rows } = await client.query<{ number: string; text: string }>(
      `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text`,
    );
    checkDatabaseVersion(Number(rows[0]?.number), rows[0]?.text ?? 'unknown');
    if (schema !== undefined) await client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    await migrate(client, await readMigrations());
  } finally {
    client.release();
  }
}
