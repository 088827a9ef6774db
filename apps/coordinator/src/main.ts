import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { cifarFolderName } from '@gradpool/experiment';
import { exitCode } from '@gradpool/protocol';
import { openTokens, tokensFromEnvironment, type Tokens } from './access/tokens.ts';
import type { Coordinator } from './app.ts';
import { readArguments, type CoordinatorArguments } from './arguments.ts';
import { cifarSource } from './datasets/cifar-source.ts';
import { datasetSources } from './datasets/dataset-sources.ts';
import { Fault, faultOf } from './fault.ts';
import { openLogger, type Logger } from './operations/logger.ts';
import { openParentChannel, type ParentChannel } from './parent-channel.ts';
import { lockDataDir } from './store/data-dir-lock.ts';
import { openPostgresStore } from './store/open-postgres-store.ts';
import { ownCertificate, readCertificate, type Certificate } from './tls/certificate.ts';

/*
 * One run of the process.
 *
 *   starting --listens--> serving --signal, drain or parent gone--> stopping --all stored--> exit 0
 *   any --failed write, broken invariant, anything unexpected--> exit 1;  starting --would fail again--> exit 2
 */
let coordinator: Coordinator | null = null;
let logger: Logger | null = null;
let stopping = false;

const parent: ParentChannel = openParentChannel(() => void stop('the parent process says so'));

function onSignal(signal: string): void {
  // Ctrl-C reaches every process of the terminal; under `gradpool up` the parent says when to stop.
  if (parent.supervised && signal === 'SIGINT') return;
  void stop(signal);
}

async function stop(why: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  logger?.info({ why }, 'stopping');
  // One that has not finished starting has nothing to store.
  await coordinator?.stop().catch((error: unknown) => fail(error));
  logger?.info('stopped');
  parent.close();
  process.exit(exitCode.ok);
}

/** Says why and ends the process. Nothing is retried here: a restart goes on from the store. */
function fail(error: unknown): void {
  const { code, message } = faultOf(error);
  logger?.fatal({ err: error, code }, message);
  process.stderr.write(`${code}: ${message}\n`);
  const exit = error instanceof Fault ? error.exit : exitCode.failed;
  setTimeout(() => process.exit(exit), 1_000).unref();
  void parent.tell({ type: 'fatal', code, message: message.slice(0, 2_000) }).then(() => process.exit(exit));
}

async function start(options: CoordinatorArguments): Promise<void> {
  const { dataDir, databaseUrl, host, port, allowedOrigins, fashionDir, cifarDir } = options;
  // Held until the process ends, whatever the database: artifacts and tokens lie in the folder too.
  const lock = await lockDataDir(dataDir);
  logger = openLogger({ level: options.logLevel, folder: parent.supervised ? path.join(dataDir, 'logs') : null });
  const { tokens, fresh } = await openTokens(dataDir, tokensFromEnvironment(process.env));
  const certificate = await openCertificate(options);
  // The embedded engine takes a thread of its own a second or two to start; the server's modules load meanwhile.
  const [store, { startCoordinator }] = await Promise.all([
    openPostgresStore(
      databaseUrl === null ? { kind: 'embedded', dataDir, lock } : { kind: 'server', url: databaseUrl },
    ),
    import('./app.ts'),
  ]);
  const cifar = await cifarSource({
    folder: cifarDir ?? path.join(dataDir, cifarFolderName),
    wanted: cifarDir !== null,
    cacheDir: path.join(dataDir, 'cache', 'datasets'),
  });
  const datasets = [...datasetSources(fashionDir === null ? {} : { fashionDir }), ...(cifar ? [cifar] : [])];
  coordinator = await startCoordinator({
    ...{ store, dataDir, tokens, host, port, allowedOrigins, datasets, logger },
    certificate,
    ...(options.siteDir === null ? {} : { siteDir: options.siteDir }),
    ...(options.roomName === null ? {} : { roomName: options.roomName }),
    onFatal: fail,
  });
  logger.info({ url: coordinator.url, database: databaseUrl === null ? 'embedded' : 'server' }, 'serving');
  await announce(coordinator.url, { tokens, fresh, ca: certificate?.file ?? null });
}

function openCertificate({ tls, dataDir, host }: CoordinatorArguments): Promise<Certificate> | null {
  if (tls === null) return null;
  return tls === 'own' ? ownCertificate(dataDir, host) : readCertificate(tls);
}

interface Announcement {
  readonly tokens: Tokens;
  readonly fresh: boolean;
  /** Certificate file by which this server is trusted. */
  readonly ca: string | null;
}

async function announce(url: string, { tokens, fresh, ca }: Announcement): Promise<void> {
  if (parent.supervised) return parent.tell({ type: 'ready', url, tokens, ca });
  process.stdout.write(`gradpool coordinator at ${url}\n`);
  if (!fresh) return;
  const lines = Object.entries(tokens).map(([role, token]) => `  ${role.padEnd(8)} ${token}\n`);
  process.stdout.write(`tokens (kept in tokens.json in the data folder, and not printed again):\n${lines.join('')}`);
}

/*
 * How far the heap may grow between two full collections, in percent of what the last one left: V8's own maximum. By itself it stays
 * far below as soon as buffers come and go quickly, whose bytes count as growth: then every pooled round of 4 MB costs a full collection of
 * 50 MB of modules, which is more than all that the coordinator does for it.
 */
setFlagsFromString('--heap-growing-percent=300');
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
try {
  await start(readArguments(process.argv.slice(2), process.env));
} catch (error) {
  fail(error);
}
