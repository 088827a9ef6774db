import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { readMigrations } from './migrations.ts';
import { openPostgresStore } from './open-postgres-store.ts';
import { sampleSweep } from './sample-rows.ts';
import { storeContract } from './store.contract.ts';
import type { TestDatabase, TestServer } from './throwaway-server.ts';
import { openTestServer, whyNoTestServer } from './throwaway-server.ts';

const open = (url: string) => openPostgresStore({ kind: 'server', url });

describe('a wrong database', () => {
  test('that nothing listens at is E_DB_UNREACHABLE, without the password', async () => {
    const port = await unusedPort();
    const error = await open(`postgres://me:secret@127.0.0.1:${port}/gradpool`).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_DB_UNREACHABLE', exit: 2 });
    expect(String(error)).toContain(`127.0.0.1:${port}/gradpool`);
    expect(String(error)).not.toContain('secret');
  });
});

const endOthers = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()`;

const reason = whyNoTestServer();
if (reason !== null) {
  test.skip(`store contract: real Postgres (skipped: ${reason})`, () => undefined);
} else {
  describe('on a real server', () => {
    let server: TestServer;
    const databases: TestDatabase[] = [];
    const create = async () => {
      const database = await server.createDatabase();
      databases.push(database);
      return database.url;
    };
    beforeAll(async () => {
      server = await openTestServer();
    });
    afterAll(async () => {
      for (const database of databases) await database.drop();
      await server.stop();
    });

    storeContract('real Postgres', async () => open(await create()));

    test('an unknown database is E_DB_UNREACHABLE', async () => {
      const url = new URL(await create());
      url.pathname = '/gradpool_is_not_there';
      await expect(open(url.href)).rejects.toMatchObject({ code: 'E_DB_UNREACHABLE' });
    });

    test('a schema of its own keeps apart from the others', async () => {
      const url = new URL(await create());
      const plain = await open(url.href);
      url.searchParams.set('schema', 'other_room');
      const other = await open(url.href);
      await plain.commit([{ table: 'sweep', row: sampleSweep() }]);
      expect((await other.load()).sweeps).toEqual([]);
      await Promise.all([plain.close(), other.close()]);
    });

    test('is one coordinator at a time, and opening applies a migration once', async () => {
      const url = await create();
      const tries = await Promise.allSettled([open(url), open(url), open(url)]);
      const [won, ...more] = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(more).toEqual([]);
      const refused = tries.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      expect(refused).toMatchObject([{ code: 'E_DB_IN_USE' }, { code: 'E_DB_IN_USE' }]);
      await won?.close();
      await (await open(url)).close();
      const rows = await query(
        url,
        'SELECT migration_name AS name, applied_steps_count FROM _prisma_migrations ORDER BY 1',
      );
      const known = await readMigrations();
      expect(rows).toEqual(known.map(({ name }) => ({ name, applied_steps_count: 1 })));
    });

    test('a store that lost its connections to another coordinator writes no more', async () => {
      const url = await create();
      const first = await open(url);
      await query(url, endOthers);
      const second = await open(url);
      const commit = first.commit([{ table: 'sweep', row: sampleSweep() }]);
      await expect(commit).rejects.toMatchObject({ code: 'E_DB_IN_USE' });
      expect((await second.load()).sweeps).toEqual([]);
      await first.close();
      await second.close();
    });

    test('dates do not depend on the time zone of server or client', async () => {
      const url = await create();
      const store = await open(url);
      const sweep = sampleSweep();
      await store.commit([{ table: 'sweep', row: sweep }]);
      await store.close();
      const [row] = await query(url, `SELECT created_at AT TIME ZONE 'UTC' AS at FROM sweeps`);
      expect(await query(url, 'SELECT extract(epoch FROM created_at) * 1000 AS ms FROM sweeps')).toMatchObject([
        { ms: expect.stringMatching(new RegExp(`^${sweep.createdAt}\\.?0*$`)) },
      ]);
      expect(row).toBeDefined();
    });

    test('a connection that the server ends costs one failed call', async () => {
      const url = await create();
      const store = await open(url);
      await query(url, endOthers);
      await store.commit([{ table: 'sweep', row: sampleSweep() }]).catch(() => undefined);
      await store.commit([{ table: 'sweep', row: sampleSweep() }]);
      expect((await store.load()).sweeps.length).toBeGreaterThan(0);
      await store.close();
    });

    test.each([
      [
        'E_DB_MIGRATION_UNKNOWN',
        `UPDATE _prisma_migrations SET migration_name = '29990101000000_later'`,
        /29990101000000_later.*newer/,
      ],
      [
        'E_DB_MIGRATION_FAILED',
        'UPDATE _prisma_migrations SET finished_at = NULL',
        /20261121000000_first failed half-way/,
      ],
      ['E_DB_MIGRATION_CHANGED', `UPDATE _prisma_migrations SET checksum = 'x'`, /differs from this version/],
    ])('a database with %s is refused and left as it is', async (code, spoil, message) => {
      const url = await create();
      await (await open(url)).close();
      await query(url, spoil);
      const before = await query(url, 'SELECT * FROM _prisma_migrations');
      await expect(open(url)).rejects.toMatchObject({ code, exit: 2, message: expect.stringMatching(message) });
      expect(await query(url, 'SELECT * FROM _prisma_migrations')).toEqual(before);
    });
  });
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

function unusedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
