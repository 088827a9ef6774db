import { createHash, randomUUID } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCode } from '@gradpool/protocol';
import type pg from 'pg';
import { Fault } from '../fault.ts';

/** One folder of prisma/migrations. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/** prisma/migrations of this build: the same path from src/store and from dist/store. */
const migrationsFolder = fileURLToPath(new URL('../../../../prisma/migrations/', import.meta.url));

/** Key of the advisory lock that `prisma migrate` takes too, so that the two never run at once. */
const advisoryLock = 72_707_369;

/** Prisma's own table, column by column, so that `prisma migrate deploy` and this runner accept each other's databases. */
const createTable = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL,
  logs TEXT,
  rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

/** The migrations that this build brings, oldest first. */
export async function readMigrations(folder = migrationsFolder): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(join(folder, name, 'migration.sql'), 'utf8') })),
  );
}

/** Brings the database up to date and returns the names applied now; refuses one that this build does not understand. */
export async function migrate(client: pg.ClientBase, migrations: readonly Migration[]): Promise<readonly string[]> {
  await client.query(`SELECT pg_advisory_lock(${advisoryLock})`);
  try {
    await client.query(createTable);
    const pending = pendingMigrations(migrations, await readApplied(client));
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${advisoryLock})`);
  }
}

async function readApplied(client: pg.ClientBase): Promise<readonly AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
     FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at, migration_name`,
  );
  return rows;
}

/** What is left to apply. Throws where the history in the database is not a beginning of this build's. */
export function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum, finished } of applied) {
    const migration = known.get(name);
    if (migration === undefined) {
      const message = `the database has the migration ${name}, which this version of gradpool does not know: it was written by a newer one; update gradpool, or use another database`;
      throw new Fault('E_DB_MIGRATION_UNKNOWN', message, { exit: exitCode.config });
    }
    if (!finished) {
      const message = `the migration ${name} failed half-way in this database; restore a backup, or repair it by hand and mark it with \`prisma migrate resolve\``;
      throw new Fault('E_DB_MIGRATION_FAILED', message, { exit: exitCode.config });
    }
    if (!checksums(migration.sql).includes(checksum)) {
      const message = `the migration ${name} in the database differs from this version's file (checksum ${checksum.slice(0, 12)}…); use the version of gradpool that wrote the database`;
      throw new Fault('E_DB_MIGRATION_CHANGED', message, { exit: exitCode.config });
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  return migrations.filter(({ name }) => !done.has(name));
}

/** SHA-256 of the file; also of its text with the other platform's line ends, for a checkout that converts them. */
function checksums(sql: string): readonly string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map((text) => createHash('sha256').update(text).digest('hex'));
}

/** The file and its record are one transaction: killed half-way, the database is as it was. */
async function apply(client: pg.ClientBase, { name, sql }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    const record = `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
      VALUES ($1, $2, $3, now(), 1)`;
    await client.query(record, [randomUUID(), checksums(sql)[0], name]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    const why = error instanceof Error ? error.message : String(error);
    const message = `the migration ${name} failed: ${why}; the database is as it was before`;
    throw new Fault('E_DB_MIGRATION_FAILED', message, { cause: error, exit: exitCode.config });
  }
}
