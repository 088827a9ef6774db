import { setTimeout as wait } from 'node:timers/promises';
import { exitCode } from '@gradpool/protocol';
import pg from 'pg';
import { Fault } from '../fault.ts';

/**
 * One coordinator per database: a session of its own holds an advisory lock, which the server frees when the process
 * or its machine is gone.
 */
export interface DatabaseOwner {
  /** Resolves while this process owns the database; takes it again after a broken connection, or throws E_DB_IN_USE. */
  ensure(): Promise<void>;
  release(): Promise<void>;
}

/** First key of the lock; the second is the schema's. Prisma's migration lock is another. */
const lockClass = 72_707_370;
/** A process that was just killed holds its session for a moment. */
const patienceMs = 5_000;
const retryMs = 200;
/** A machine that lost its power is noticed after about half a minute. */
const noticeTheDead = 'SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4';

/** Takes the database for this process, or throws E_DB_IN_USE. */
export async function ownDatabase(config: pg.ClientConfig, label: string): Promise<DatabaseOwner> {
  let client = await takeLock(config, label);
  let lost = false;
  const watch = () => {
    client.once('error', () => (lost = true));
    client.once('end', () => (lost = true));
  };
  watch();
  return {
    ensure: async () => {
      if (!lost) return;
      client = await takeLock(config, label);
      lost = false;
      watch();
    },
    release: () => client.end(),
  };
}

async function takeLock(config: pg.ClientConfig, label: string): Promise<pg.Client> {
  const client = new pg.Client(config);
  // Told by the failing query too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(noticeTheDead);
    const attempt = `SELECT pg_try_advisory_lock(${lockClass}, hashtext(current_schema())) AS taken`;
    for (let waitedMs = 0; ; waitedMs += retryMs) {
      const { rows } = await client.query<{ taken: boolean }>(attempt);
      if (rows[0]?.taken === true) return client;
      if (waitedMs >= patienceMs) break;
      await wait(retryMs);
    }
    const message = `another coordinator works on the database at ${label}; stop it, or use another database`;
    throw new Fault('E_DB_IN_USE', message, { exit: exitCode.config });
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
