import { PGlite } from '@electric-sql/pglite';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { embeddedArguments, sessionArguments } from './session-settings.ts';

/**
 * The thread that runs the embedded Postgres, so that a long query never holds the coordinator's event loop.
 * In: `{connect: port}` opens a connection, `{close: true}` ends the database. Out: `{ready}`, `{failed}`, `{closed}`.
 * A port speaks the Postgres wire protocol; there is one session, so one connection at a time.
 */
export interface EmbeddedWorkerData {
  /** Null keeps the database in memory. */
  readonly folder: string | null;
}

export type EmbeddedRequest = { readonly connect: MessagePort } | { readonly close: true };
export type EmbeddedReport = { readonly ready: true } | { readonly failed: string } | { readonly closed: true };

function report(what: EmbeddedReport): void {
  parentPort?.postMessage(what);
}

async function run(folder: string | null): Promise<void> {
  const database = await PGlite.create({
    ...(folder === null ? {} : { dataDir: folder }),
    // It ignores the `options` of a connection.
    startParams: [...PGlite.defaultStartParams, ...sessionArguments, ...embeddedArguments],
  });
  parentPort?.on('message', (request: EmbeddedRequest) => {
    if ('connect' in request) serve(database, request.connect);
    else void close(database);
  });
  report({ ready: true });
}

async function close(database: PGlite): Promise<void> {
  await database.close().then(
    () => {
      report({ closed: true });
    },
    (error: unknown) => {
      report({ failed: String(error) });
    },
  );
  parentPort?.close();
}

function serve(database: PGlite, port: MessagePort): void {
  port.on('message', (bytes: Uint8Array) => {
    answer(database, port, bytes).catch(() => {
      // Not an error of Postgres (those are answered in the protocol) but of the machine under it: nothing more to be had.
      port.postMessage(null);
      port.close();
    });
  });
  port.on('close', () => void reset(database));
}

async function answer(database: PGlite, port: MessagePort, bytes: Uint8Array): Promise<void> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  // Streamed, because otherwise every answer would also be parsed into messages here, for nobody.
  const onRawData = (data: Uint8Array) => void chunks.push(data.slice());
  await database.execProtocolRawStream(bytes, { syncToFs: false, onRawData });
  for (const chunk of chunks) port.postMessage(chunk, [chunk.buffer]);
}

/** A connection that went away may have left a transaction open; the next one starts clean. */
async function reset(database: PGlite): Promise<void> {
  if (database.closed) return;
  await database.exec('ROLLBACK').catch(() => undefined);
  await database.exec('DISCARD ALL').catch(() => undefined);
}

run((workerData as EmbeddedWorkerData).folder).catch((error: unknown) => {
  report({ failed: String(error) });
});
