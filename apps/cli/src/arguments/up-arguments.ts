import { resolve } from 'node:path';
import type { Command } from 'commander';
import { configError } from '../cli-error.ts';
import {
  dataDirOption,
  jsonOption,
  liveOutput,
  threadsOption,
  workersOption,
  wholeNumber,
  withExamples,
  type OutputFlags,
} from './options.ts';

interface UpFlags extends OutputFlags {
  readonly threads: number;
  readonly workers?: number;
  readonly host?: string;
  readonly lan?: true;
  readonly roomName?: string;
  readonly tls?: true;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly cifarDir?: string;
  readonly fashionDir?: string;
  readonly logLevel?: string;
  /** False for --no-sweep; absent where neither flag was given. */
  readonly sweep?: string | false;
  readonly once?: true;
}

export function addUp(program: Command): void {
  const command = program
    .command('up')
    .summary('start everything here, run the quick-start sweep and show it (npm start)')
    .description(
      'Starts the coordinator with its database, an evaluator and a training worker on this machine, submits a sweep if it ' +
        'is not there yet, shows its progress and its table, and serves until Ctrl-C. This is what npm start runs.',
    )
    .addOption(threadsOption(0))
    .addOption(workersOption(0))
    .option('--lan', 'let everybody on the local network join: listen on every address of this machine')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, with --lan 0.0.0.0)')
    .option('--tls', 'HTTPS with a certificate made here, signed by itself; browsers ask once whether to go on')
    .option('--tls-cert <file>', 'HTTPS with this certificate (PEM, with its chain)')
    .option('--tls-key <file>', 'and this private key (PEM)')
    .option('--room-name <name>', "what the pages call this room (default: this machine's name)")
    .option('--port <n>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 4710)
    .addOption(dataDirOption())
    .option('--database-url <url>', 'Postgres server to use instead of the embedded one')
    .option('--cifar-dir <folder>', 'CIFAR-10 in its binary version (default: where gradpool fetch puts it)')
    .option('--fashion-dir <folder>', "Fashion-MNIST's four files (default: where Debian's package puts them)")
    .option('--log-level <level>', "how much the coordinator's log in the data folder tells (default: info)")
    .option('--sweep <file>', 'sweep file to run (default: sweeps/quickstart.yaml of this program)')
    .option('--no-sweep', 'submit no sweep')
    .option('--once', 'leave after the table: exit code 0, or 1 with the reason if a trial failed')
    .addOption(jsonOption());
  withExamples(command, 'gradpool up --threads 4', 'gradpool up --lan', 'gradpool up --once --sweep sweeps/paper.yaml');
  command.action(runUp);
}

async function runUp(flags: UpFlags): Promise<void> {
  if (flags.once && flags.sweep === false) {
    throw configError(
      'E_USAGE',
      '--once waits for the table of a sweep, and --no-sweep submits none; leave one of them out',
    );
  }
  const [{ up }, paths, output] = await Promise.all([
    import('../commands/up.ts'),
    import('../paths.ts'),
    liveOutput(flags),
  ]);
  await up({
    threads: flags.workers ?? flags.threads,
    host: hostOf(flags),
    roomName: flags.roomName ?? null,
    coordinatorArguments: coordinatorArguments(flags),
    port: flags.port,
    dataDir: resolve(flags.dataDir),
    databaseUrl: flags.databaseUrl ?? null,
    sweepFile: sweepFileOf(flags.sweep, paths.quickstartSweep),
    once: flags.once ?? false,
    output,
    entries: { coordinator: paths.coordinatorEntry(), worker: paths.workerEntry() },
  });
}

/** Handed on; the coordinator checks them. */
export function coordinatorArguments(flags: Omit<Partial<UpFlags>, keyof OutputFlags>): string[] {
  const { tls, tlsCert, tlsKey, cifarDir, fashionDir, logLevel } = flags;
  const folders = { '--tls-cert': tlsCert, '--tls-key': tlsKey, '--cifar-dir': cifarDir, '--fashion-dir': fashionDir };
  return [
    ...(tls === true ? ['--tls'] : []),
    ...Object.entries(folders).flatMap(([name, given]) => (given === undefined ? [] : [name, resolve(given)])),
    ...(logLevel === undefined ? [] : ['--log-level', logLevel]),
  ];
}

/** Nobody else can reach the coordinator unless that was asked for. */
export const hostOf = ({ host, lan }: Pick<UpFlags, 'host' | 'lan'>): string =>
  host ?? (lan === true ? '0.0.0.0' : '127.0.0.1');

/** The sweep to submit: the one named, none with --no-sweep, else the quick start. */
export function sweepFileOf(flag: string | false | undefined, byDefault: () => string): string | null {
  if (flag === false) return null;
  return flag === undefined ? byDefault() : resolve(flag);
}
