import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { maintain } from './embedded-maintenance.ts';
import type { EmbeddedPostgres } from './embedded-postgres.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';

let database: EmbeddedPostgres;
let pool: pg.Pool;
beforeAll(async () => {
  database = await openEmbeddedPostgres(null, null);
  pool = new pg.Pool(database.poolConfig);
  await pool.query('CREATE TABLE busy (key int PRIMARY KEY, value int)');
  await pool.query('INSERT INTO busy SELECT g, 0 FROM generate_series(1, 500) g');
  await pool.query('UPDATE busy SET value = 1');
  // Postgres counts dead rows once a second.
  await pool.query('SELECT pg_stat_force_next_flush()');
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

const number = async (query: string) => Number((await pool.query<{ n: string }>(query)).rows[0]?.n);
const deadRows = () => number(`SELECT n_dead_tup AS n FROM pg_stat_user_tables WHERE relname = 'busy'`);
const walBytes = () =>
  number('SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn) AS n FROM pg_control_checkpoint()');

test('leaves a small log and a few dead rows alone', async () => {
  const [wal, dead] = [await walBytes(), await deadRows()];
  await maintain(pool);
  expect(dead).toBe(500);
  expect(await deadRows()).toBe(500);
  expect(await walBytes()).toBeGreaterThanOrEqual(wal);
});

test('checkpoints a long log and vacuums a table of dead rows', async () => {
  const wal = await walBytes();
  await maintain(pool, { walBytesMax: wal - 1, deadRowsMin: 100 });
  expect(await deadRows()).toBe(0);
  expect(await walBytes()).toBeLessThan(wal);
});
