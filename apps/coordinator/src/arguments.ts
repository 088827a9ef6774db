import path from 'node:path';
import { parseArgs } from 'node:util';
import { exitCode, wireLimits } from '@gradpool/protocol';
import { Fault, reasonOf } from './fault.ts';
import { logLevels } from './operations/logger.ts';

export interface CoordinatorArguments {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Null: the embedded Postgres in the data folder. */
  readonly databaseUrl: string | null;
  readonly allowedOrigins: readonly string[];
  readonly fashionDir: string | null;
  /** Folder of CIFAR-10's binary version; null for where `gradpool fetch` puts it. */
  readonly cifarDir: string | null;
  /** Folder of the built web pages; null for the one of this workspace. */
  readonly siteDir: string | null;
  /** Files of a certificate; `own` for the one that this coordinator makes for itself; null for plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | 'own' | null;
  /** Null for this machine's name. */
  readonly roomName: string | null;
  readonly logLevel: (typeof logLevels)[number];
}

const usage = `Usage: node apps/coordinator/dist/main.js [options]
  --host HOST            address to listen on (127.0.0.1)
  --port PORT            port to listen on, 0 for a free one (4710)
  --data-dir DIR         folder for database, artifacts, tokens and logs (.gradpool)
  --database-url URL     a Postgres server instead of the embedded one (or GRADPOOL_DATABASE_URL)
  --allow-origin ORIGIN  a web origin that may act besides this server's own; may be repeated
  --fashion-dir DIR      folder with the four files of Fashion-MNIST
  --cifar-dir DIR        folder with the six files of CIFAR-10's binary version (in the data folder)
  --tls                  HTTPS with a certificate made here, signed by itself, kept in the data folder
  --tls-cert FILE        HTTPS with this certificate (PEM, with its chain)
  --tls-key FILE         and this private key (PEM)
  --room-name NAME       what people call this room (this machine's name)
  --site-dir DIR         folder of the built web pages (apps/web/site)
  --log-level LEVEL      ${logLevels.join(', ')} (info)
`;

/** Reads the command line. Throws a Fault E_ARGUMENTS that exits with 2. */
export function readArguments(argv: readonly string[], env: NodeJS.ProcessEnv): CoordinatorArguments {
  const values = parse(argv);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw wrong(`--port ${values.port} is no port (0 to 65535)`);
  const logLevel = logLevels.find((level) => level === values['log-level']);
  if (!logLevel) throw wrong(`--log-level ${values['log-level']} is none of ${logLevels.join(', ')}`);
  return {
    host: values.host,
    port,
    dataDir: path.resolve(values['data-dir']),
    databaseUrl: values['database-url'] ?? env['GRADPOOL_DATABASE_URL'] ?? null,
    allowedOrigins: values['allow-origin'].map(readOrigin),
    fashionDir: values['fashion-dir'] ?? null,
    cifarDir: values['cifar-dir'] === undefined ? null : path.resolve(values['cifar-dir']),
    tls: readTls(values),
    roomName: values['room-name'] === undefined ? null : readRoomName(values['room-name']),
    siteDir: values['site-dir'] === undefined ? null : path.resolve(values['site-dir']),
    logLevel,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '4710' },
        'data-dir': { type: 'string', default: '.gradpool' },
        'database-url': { type: 'string' },
        'allow-origin': { type: 'string', multiple: true, default: [] },
        'fashion-dir': { type: 'string' },
        'cifar-dir': { type: 'string' },
        'site-dir': { type: 'string' },
        tls: { type: 'boolean', default: false },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        'room-name': { type: 'string' },
        'log-level': { type: 'string', default: 'info' },
      },
    }).values;
  } catch (error) {
    throw wrong(reasonOf(error));
  }
}

function readTls(values: ReturnType<typeof parse>): CoordinatorArguments['tls'] {
  const { 'tls-cert': cert, 'tls-key': key, tls } = values;
  if ((cert === undefined) !== (key === undefined)) throw wrong('--tls-cert and --tls-key go together; give both');
  if (cert === undefined || key === undefined) return tls ? 'own' : null;
  if (tls) throw wrong('--tls makes a certificate of its own; leave it out where --tls-cert names one');
  return { cert: path.resolve(cert), key: path.resolve(key) };
}

function readRoomName(text: string): string {
  if (text.length >= 1 && text.length <= wireLimits.nameCharsMax) return text;
  throw wrong(`--room-name has ${text.length} characters; a name has 1 to ${wireLimits.nameCharsMax}`);
}

function readOrigin(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text;
  throw wrong(`--allow-origin ${text} is no origin; an origin looks like https://example.org`);
}

const wrong = (message: string): Fault => new Fault('E_ARGUMENTS', `${message}\n${usage}`, { exit: exitCode.config });
