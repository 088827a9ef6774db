import type pg from 'pg';

/** What a server's background processes do, and an embedded Postgres (one session, one thread) leaves undone. */
export interface Maintenance {
  stop(): Promise<void>;
}

const everyMs = 5_000;
const limits = {
  /** Bounds both the log on disk and the time to open after a kill. */
  walBytesMax: 48 * 1024 * 1024,
  /** A table is vacuumed when it holds this many dead rows, and a fifth of the live ones. */
  deadRowsMin: 2_000,
};

const selectWalBytes = `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 AS bytes
FROM pg_control_checkpoint()`;

const selectBloated = `SELECT relname AS name FROM pg_stat_user_tables
WHERE n_dead_tup > $1::float8 + 0.2 * n_live_tup ORDER BY n_dead_tup DESC LIMIT 1`;

/** Checkpoints and vacuums between the coordinator's own queries, a little at a time. */
export function maintainEmbedded(pool: pg.Pool): Maintenance {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    // What is wrong with the database shows at the next commit; nothing is lost by not tidying it.
    running = running.then(() => maintain(pool)).catch(() => undefined);
  }, everyMs);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return running;
    },
  };
}

/** One round: at most one checkpoint and one table, because a query waits meanwhile. */
export async function maintain(pool: pg.Pool, { walBytesMax, deadRowsMin } = limits): Promise<void> {
  const wal = await pool.query<{ bytes: number }>(selectWalBytes);
  if ((wal.rows[0]?.bytes ?? 0) > walBytesMax) await pool.query('CHECKPOINT');
  const [bloated] = (await pool.query<{ name: string }>(selectBloated, [deadRowsMin])).rows;
  if (bloated) await pool.query(`VACUUM "${bloated.name}"`);
}
