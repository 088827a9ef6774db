import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { exitCode } from '@gradpool/protocol';
import type pg from 'pg';
import { Fault, reasonOf } from '../fault.ts';
import { copyTemplate } from './database-template.ts';
import type { EmbeddedReport, EmbeddedRequest, EmbeddedWorkerData } from './embedded-worker.ts';
import { PortStream } from './port-stream.ts';

/** A Postgres inside this process, on a thread of its own. */
export interface EmbeddedPostgres {
  /** What `pg` needs to connect; there is one session, so a pool must have `max: 1`. */
  readonly poolConfig: pg.PoolConfig;
  close(): Promise<void>;
}

/** Asked only where a database has to be made. */
type Template = () => Promise<string>;

/** Source under test runs the built thread (Node cannot load TypeScript in one); built code runs its neighbour. */
const workerFile = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/store/embedded-worker.js', import.meta.url)
  : new URL('./embedded-worker.js', import.meta.url);

/**
 * Opens the database in `folder` (null: in memory). Where it is absent it is a copy of the one in the folder that `template` gives, or
 * made by the engine where that is null or not to be had; either happens in a folder aside that is renamed when it is whole, because one that
 * was killed half-way never opens again. The caller holds the data folder's lock: the database itself takes none, and two
 * processes on one folder lose rows.
 */
export async function openEmbeddedPostgres(
  folder: string | null,
  template: Template | null,
): Promise<EmbeddedPostgres> {
  if (folder === null) return start(null);
  await makeDatabase(folder, template);
  const database = await start(folder);
  // The engine widens the folder's mode when it opens it on some Node versions (seen on 24).
  await chmod(folder, 0o700);
  return {
    ...database,
    close: async () => {
      await database.close();
      await chmod(folder, 0o700);
    },
  };
}

async function makeDatabase(folder: string, template: Template | null): Promise<void> {
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  const prefix = `${basename(folder)}.new-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  if (existsSync(folder)) return;
  const aside = join(parent, `${prefix}${process.pid}`);
  const isCopied =
    template !== null &&
    (await template().then(
      (from) => copyTemplate(from, aside),
      () => false,
    ));
  if (!isCopied) {
    await mkdir(aside, { mode: 0o700 });
    await (await start(aside)).close();
  }
  await chmod(aside, 0o700);
  await rename(aside, folder);
}

async function start(folder: string | null): Promise<EmbeddedPostgres> {
  const data: EmbeddedWorkerData = { folder };
  const worker = new Worker(workerFile, { workerData: data, execArgv: [] });
  const ended = new Promise<void>(
    (resolve) =>
      void worker.once('exit', () => {
        resolve();
      }),
  );
  // A thread that dies takes its connections with it, and every query on them fails.
  worker.on('error', () => undefined);
  try {
    await firstReport(worker);
  } catch (error) {
    await worker.terminate();
    const message = `the embedded Postgres did not start${folder === null ? '' : ` in ${folder}`}: ${reasonOf(error)}`;
    throw new Fault('E_DB_UNREACHABLE', message, { cause: error, exit: exitCode.config });
  }
  return {
    poolConfig: { max: 1, user: 'postgres', database: 'postgres', stream: () => connect(worker), idleTimeoutMillis: 0 },
    close: async () => {
      const request: EmbeddedRequest = { close: true };
      worker.postMessage(request);
      await ended;
    },
  };
}

function firstReport(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (report: EmbeddedReport) => {
      worker.off('error', reject);
      if ('failed' in report) reject(new Error(report.failed));
      else resolve();
    });
  });
}

function connect(worker: Worker): PortStream {
  const { port1, port2 } = new MessageChannel();
  const request: EmbeddedRequest = { connect: port2 };
  worker.postMessage(request, [port2]);
  return new PortStream(port1);
}
