import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PersistRow } from '@gradpool/coordination';
import pg from 'pg';
import { templateFolder } from './database-template.ts';
import { openEmbeddedPostgres } from './embedded-postgres.ts';
import { migrate, readMigrations } from './migrations.ts';
import { openPostgresStore } from './open-postgres-store.ts';
import { sampleCell, sampleSweep, sampleTrial } from './sample-rows.ts';
import { storeContract } from './store.contract.ts';

const built = fileURLToPath(new URL('../../dist/store/', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'gradpool-embedded-'));
const children = new Set<ChildProcess>();
let folders = 0;

const open = (dataDir: string) => openPostgresStore({ kind: 'embedded', dataDir });

const freshFolder = (): string => join(root, `data-${(folders += 1)}`);

/** The built `store-child` on a folder; `said(n)` resolves with its n-th line, or null if it ends before. */
function startChild(
  dataDir: string,
  mode: 'hold' | 'hold-new' | 'count' | 'fill',
  wrap: (command: string[]) => string[] = (c) => c,
) {
  const [program = '', ...args] = wrap([process.execPath, join(built, 'store-child.js'), dataDir, mode]);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const lines: string[] = [];
  const waiters = new Set<() => void>();
  const wake = () =>
    waiters.forEach((waiter) => {
      waiter();
    });
  const reader = createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  let ended = false;
  const end = new Promise<void>((resolve) => {
    reader.once('close', () => {
      ended = true;
      wake();
      resolve();
    });
  });
  const said = (index: number) =>
    new Promise<string | null>((resolve) => {
      const look = () => {
        if (lines.length <= index && !ended) return;
        waiters.delete(look);
        resolve(lines[index] ?? null);
      };
      waiters.add(look);
      look();
    });
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  const kill = async () => {
    child.kill('SIGKILL');
    await Promise.all([end, exited]);
    children.delete(child);
  };
  return { pid: child.pid ?? 0, lines, said, kill, end };
}

beforeAll(() => {
  for (const name of ['embedded-worker', 'store-child']) {
    const source = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
    const output = join(built, `${name}.js`);
    const stale = !existsSync(output) || statSync(output).mtimeMs < statSync(source).mtimeMs;
    // A thread and a child process run what is built, not the source under test.
    if (stale) throw new Error(`${output} is older than its source: run npm run build`);
  }
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

storeContract('embedded Postgres', () => open(freshFolder()));

describe('embedded Postgres', () => {
  test('keeps what was committed over a restart, in a folder for its owner alone', async () => {
    const dataDir = freshFolder();
    const sweep = sampleSweep();
    const first = await open(dataDir);
    await first.commit([{ table: 'sweep', row: sweep }]);
    await first.close();
    const second = await open(dataDir);
    expect((await second.load()).sweeps).toEqual([sweep]);
    await second.close();
    if (process.platform !== 'win32') expect(statSync(join(dataDir, 'postgres')).mode & 0o777).toBe(0o700);
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });

  test('has the same tables whether it is copied from the template or made from nothing', async () => {
    const migrations = await readMigrations();
    const template = await templateFolder(migrations);
    const [copied, made] = [await newDatabase(template), await newDatabase(null)];
    // Every one of them is in the template.
    expect([copied.applied, made.applied]).toEqual([[], migrations.map(({ name }) => name)]);
    expect(copied.rows.length).toBeGreaterThan(100);
    expect(copied.rows).toEqual(made.rows);
  });

  test('refuses after it was closed', async () => {
    const store = await open(freshFolder());
    await store.close();
    await expect(store.ping()).rejects.toThrow();
    await expect(store.commit([{ table: 'sweep', row: sampleSweep() }])).rejects.toMatchObject({
      code: 'E_STORE_WRITE',
    });
  });

  test('never runs in two stores or two processes on one folder', async () => {
    const dataDir = freshFolder();
    const holder = startChild(dataDir, 'hold');
    expect(await holder.said(0)).toBe('READY');
    const refusal = { code: 'E_DATA_DIR_IN_USE', message: expect.stringContaining(`process ${holder.pid} `) };
    await expect(open(dataDir)).rejects.toMatchObject(refusal);
    const second = startChild(dataDir, 'hold');
    expect(await second.said(0)).toMatch(new RegExp(`^E_DATA_DIR_IN_USE .*in use by process ${holder.pid} `));
    await holder.kill();
    const own = await open(dataDir);
    await expect(open(dataDir)).rejects.toMatchObject({ code: 'E_DATA_DIR_IN_USE' });
    await own.close();
  });

  test('takes over after a kill, with every acknowledged row and none half done', async () => {
    const dataDir = freshFolder();
    for (const rows of [3, 40]) {
      const child = startChild(dataDir, 'count');
      expect(await child.said(0)).toBe('READY');
      await child.said(rows);
      await child.kill();
      const acknowledged = Number(child.lines.at(-1));
      const store = await open(dataDir);
      const { sweeps, trials } = await store.load();
      await store.close();
      const newest = sweeps.map(({ sweepId }) => trials.find((trial) => trial.sweepId === sweepId)?.fence ?? 0);
      // The one that was under way at the kill may be there too.
      expect([acknowledged, acknowledged + 1]).toContain(newest.at(-1));
    }
  });

  test.each(['hold', 'hold-new'] as const)(
    'opens after a kill at any moment of the first start (%s)',
    async (mode) => {
      const dataDir = freshFolder();
      for (const stage of ['folder aside', 'files', 'cluster']) {
        const child = startChild(dataDir, mode);
        await until(() => firstStartHasReached(dataDir, child.pid, stage) || child.lines.length > 0);
        await child.kill();
      }
      const store = await open(dataDir);
      await store.commit([{ table: 'sweep', row: sampleSweep() }]);
      await store.close();
      expect(readdirSync(dataDir)).toEqual(['postgres']);
    },
    300_000,
  );

  // RLIMIT_FSIZE makes a write fail as a full disk does; Windows has no such thing.
  (process.platform === 'win32' ? test.skip : test)(
    'says so when a write fails, and keeps all that it acknowledged',
    async () => {
      const dataDir = freshFolder();
      const limited = ([...command]: string[]) => ['sh', '-c', 'ulimit -f 40000 && exec "$@"', 'sh', ...command];
      const child = startChild(dataDir, 'fill', limited);
      await child.end;
      expect(child.lines.at(-1)).toMatch(/^E_(STORE_WRITE|DISK_FULL) the .*(File too large|No space left)/);
      const store = await open(dataDir);
      expect((await store.load()).trials).toHaveLength(child.lines.length - 2);
      await store.close();
    },
  );

  test('keeps the event loop free during a long query', async () => {
    const store = await open(freshFolder());
    const sweep = sampleSweep();
    const cell = sampleCell(sweep, 0);
    const trials = Array.from({ length: 5_000 }, (_, seed): PersistRow => ({
      table: 'trial',
      row: sampleTrial(cell, seed),
    }));
    const commit = store.commit([{ table: 'sweep', row: sweep }, { table: 'cell', row: cell }, ...trials]);
    let turns = 0;
    const count = setInterval(() => (turns += 1), 5);
    await commit;
    clearInterval(count);
    await store.close();
    expect(turns).toBeGreaterThan(3);
  });
});

/** Columns, indexes and migrations of a new database, and the migrations that were left to apply. */
async function newDatabase(template: string | null) {
  const from = template === null ? null : () => Promise.resolve(template);
  const database = await openEmbeddedPostgres(join(freshFolder(), 'postgres'), from);
  const client = new pg.Client(database.poolConfig);
  await client.connect();
  const applied = await migrate(client, await readMigrations());
  const { rows } = await client.query<Record<string, string | null>>(
    `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
       WHERE table_schema = 'public'
     UNION ALL SELECT tablename, indexname, indexdef, NULL, NULL FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT migration_name, checksum, NULL, NULL, NULL FROM _prisma_migrations
     ORDER BY 1, 2, 3`,
  );
  await client.end();
  await database.close();
  return { applied, rows };
}

/** Waits by looking: what is waited for happens in another process. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 2));
}

function firstStartHasReached(dataDir: string, pid: number, stage: string): boolean {
  const aside = join(dataDir, `postgres.new-${pid}`);
  if (!existsSync(aside)) return false;
  const inside = readdirSync(aside);
  if (stage === 'folder aside') return true;
  return stage === 'files' ? inside.length > 0 : inside.includes('PG_VERSION');
}
