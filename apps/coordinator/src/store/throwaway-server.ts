import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFile, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findPostgresBinaries } from './postgres-binaries.ts';

/**
 * A real Postgres server for tests and benchmarks, never loaded in production: the one that DATABASE_URL names, else a
 * throw-away one from the machine's own binaries.
 */
export interface TestServer {
  /** Makes an empty database (or, where that is not allowed, a schema) of its own. */
  createDatabase(): Promise<TestDatabase>;
  /** Stops the server if it was started here. */
  stop(): Promise<void>;
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

const run = promisify(execFile);
const startAttemptsMax = 3;

/** Why there is no server to test against, for the title of what is skipped; null where there is one. */
export function whyNoTestServer(): string | null {
  if (process.env['DATABASE_URL'] || findPostgresBinaries() !== null) return null;
  return 'no real Postgres: DATABASE_URL is not set and this machine has no initdb and pg_ctl';
}

/** Connects to DATABASE_URL or starts a server; throws where `whyNoTestServer` says so. */
export async function openTestServer(): Promise<TestServer> {
  const given = process.env['DATABASE_URL'];
  if (given) return { createDatabase: () => createDatabase(given), stop: () => Promise.resolve() };
  const binaries = findPostgresBinaries();
  if (binaries === null) throw new Error(whyNoTestServer() ?? '');
  const { url, stop } = await startServer(binaries);
  return { createDatabase: () => createDatabase(url), stop };
}

async function startServer(binaries: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const owner = await serverOwner();
  const folder = await mkdtemp(join(tmpdir(), 'gradpool-postgres-'));
  if (owner !== null) await chown(folder, owner.uid, owner.gid);
  const as = { ...(owner ?? {}), cwd: folder };
  const data = join(folder, 'data');
  const pgCtl = join(binaries, 'pg_ctl');
  const stopArguments = ['stop', '-D', data, '-m', 'immediate', '-w'];
  const clean = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await run(join(binaries, 'initdb'), ['--no-sync', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'], as);
    const port = await startOnFreePort(data, (log) => run(pgCtl, ['start', '-D', data, '-w', '-l', log], as));
    // Should the tests end without `stop`, the server must not outlive them.
    const atExit = () => execFileSync(pgCtl, stopArguments, { ...as, stdio: 'ignore' });
    process.once('exit', atExit);
    const stop = async () => {
      process.off('exit', atExit);
      await run(pgCtl, stopArguments, as);
      await clean();
    };
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop };
  } catch (error) {
    await clean();
    throw error;
  }
}

/** Postgres refuses to run as root: then it runs as the user `postgres`, or else `nobody`. */
async function serverOwner(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = ['postgres', 'nobody'].map((name) => users.find((fields) => fields[0] === name)).find(Boolean);
  if (user === undefined)
    throw new Error('running as root, and there is no user postgres or nobody to start a server as');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

/** Another process may take the port between the look and the start: then another one is tried. */
async function startOnFreePort(data: string, start: (log: string) => Promise<unknown>): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    // The last line of a setting counts. No Unix socket: its path has a length limit.
    const settings = { port, listen_addresses: "'127.0.0.1'", unix_socket_directories: "''", fsync: 'off' };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
    await appendFile(join(data, 'postgresql.conf'), lines.join(''));
    const log = join(data, 'start.log');
    try {
      await start(log);
      return port;
    } catch (error) {
      if (attempt < startAttemptsMax) continue;
      const said = await readFile(log, 'utf8').catch(() => '');
      throw new Error(`the throw-away Postgres did not start:\n${said}`, { cause: error });
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `gradpool_test_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(serverUrl);
  const allowed = await admin(serverUrl, `CREATE DATABASE ${name}`).then(
    () => true,
    (error: unknown) => {
      if ((error as { code?: string }).code !== '42501') throw error;
      return false;
    },
  );
  if (allowed) url.pathname = `/${name}`;
  else url.searchParams.set('schema', name);
  const drop = allowed ? `DROP DATABASE IF EXISTS ${name} WITH (FORCE)` : `DROP SCHEMA IF EXISTS ${name} CASCADE`;
  return { url: url.href, drop: () => admin(serverUrl, drop) };
}

async function admin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
