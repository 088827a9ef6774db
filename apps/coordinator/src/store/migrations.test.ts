import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { openEmbeddedPostgres } from './embedded-postgres.ts';
import { migrate, pendingMigrations, readMigrations } from './migrations.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const one = { name: '1_one', sql: 'CREATE TABLE one (a int);\n' };
const two = { name: '2_two', sql: 'CREATE TABLE two (a int);\n' };
const done = (migration: typeof one) => ({ name: migration.name, checksum: sha256(migration.sql), finished: true });

describe('pendingMigrations', () => {
  test('is what the database lacks, in order', () => {
    expect(pendingMigrations([one, two], [])).toEqual([one, two]);
    expect(pendingMigrations([one, two], [done(one)])).toEqual([two]);
    expect(pendingMigrations([one, two], [done(one), done(two)])).toEqual([]);
  });

  test('takes a file whose line ends a checkout has converted', () => {
    const windows = { ...one, sql: one.sql.replaceAll('\n', '\r\n') };
    expect(pendingMigrations([windows], [done(one)])).toEqual([]);
    expect(pendingMigrations([one], [done(windows)])).toEqual([]);
  });
});

test('migrate applies whole files or nothing, and remembers them as Prisma does', async () => {
  const database = await openEmbeddedPostgres(null, null);
  const client = new pg.Client(database.poolConfig);
  await client.connect();
  expect(await migrate(client, [one])).toEqual(['1_one']);
  const broken = { name: '2_two', sql: 'CREATE TABLE two (a int);\nCREATE TABLE one (a int);\n' };
  await expect(migrate(client, [one, broken])).rejects.toMatchObject({ code: 'E_DB_MIGRATION_FAILED' });
  const tables = await client.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`);
  expect(tables.rows).toEqual([{ tablename: '_prisma_migrations' }, { tablename: 'one' }]);
  expect(await migrate(client, [one, two])).toEqual(['2_two']);
  const remembered = await client.query(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, rolled_back_at, logs, applied_steps_count
     FROM _prisma_migrations ORDER BY started_at, migration_name`,
  );
  const rest = { finished: true, rolled_back_at: null, logs: null, applied_steps_count: 1 };
  expect(remembered.rows).toEqual([
    { migration_name: '1_one', checksum: sha256(one.sql), ...rest },
    { migration_name: '2_two', checksum: sha256(two.sql), ...rest },
  ]);
  await client.end();
  await database.close();
});

test('the migrations of this build are found and in order', async () => {
  const names = (await readMigrations()).map(({ name }) => name);
  expect(names[0]).toBe('20261121000000_first');
  expect([...names].sort()).toEqual(names);
});
