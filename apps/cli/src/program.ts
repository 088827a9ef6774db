import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';

/** Reads a whole number within bounds, both inclusive. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max || text.trim() === '') {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    }
    return value;
  };

const workersMax = 1024;
const dataDirOption = () =>
  new Option('--data-dir <folder>', 'where everything is stored')
    .default('.gradpool')
    .argParser((path) => resolve(path));
const jsonOption = () => new Option('--json', 'JSON for scripts instead of text for people');
const example = (...lines: string[]) => `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;

interface UpFlags {
  workers: number;
  host: string;
  port: number;
  dataDir: string;
  databaseUrl?: string;
  sweep: string | boolean;
  once?: true;
  json?: true;
}

export function buildProgram(onExit: (code: number) => void): Command {
  const program = new Command('gradpool')
    .description('Pools browsers and spare machines into one training cluster over WebSockets.')
    .exitOverride();
  addUp(program, onExit);
  addLeaderboard(program);
  return program;
}

function addUp(program: Command, onExit: (code: number) => void): void {
  program
    .command('up')
    .description(
      'start the coordinator, an evaluator and workers here, run the quick-start sweep and show it (npm start)',
    )
    .option(
      '--workers <n>',
      'training workers to start (0 for none)',
      wholeNumber(0, workersMax),
      availableParallelism(),
    )
    .option('--host <address>', 'address to listen on; 0.0.0.0 lets other machines join', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 4710)
    .addOption(dataDirOption())
    .option('--database-url <url>', 'a Postgres server to use instead of the embedded one')
    .option('--sweep <file>', 'sweep file to run (default: sweeps/quickstart.yaml of gradpool)')
    .option('--no-sweep', 'submit no sweep')
    .option('--once', 'leave after the table: exit 0, or 1 with the reason if a trial failed')
    .addOption(jsonOption())
    .addHelpText('after', example('gradpool up --workers 4', 'gradpool up --once --sweep sweeps/paper.yaml'))
    .action(async (flags: UpFlags) => {
      const [{ up }, { openOutput }, paths] = await Promise.all([
        import('./up.ts'),
        import('./output.ts'),
        import('./paths.ts'),
      ]);
      const output = await openOutput({ json: flags.json ?? false, live: true });
      const sweepFile =
        typeof flags.sweep === 'string' ? resolve(flags.sweep) : flags.sweep === false ? null : paths.quickstartSweep();
      const exit = await up({
        workers: flags.workers,
        host: flags.host,
        port: flags.port,
        dataDir: resolve(flags.dataDir),
        databaseUrl: flags.databaseUrl ?? null,
        sweepFile,
        once: flags.once ?? false,
        output,
        entries: { coordinator: paths.coordinatorEntry(), worker: paths.workerEntry() },
      });
      onExit(exit);
    });
}

interface ClientFlags {
  url?: string;
  token?: string;
  dataDir: string;
  json?: true;
}

function addLeaderboard(program: Command): void {
  program
    .command('leaderboard')
    .description('what a sweep has found: the grid, the baselines and the ranking')
    .argument('[sweep]', 'name or id of the sweep (default: the newest)')
    .option('--top <n>', 'rows of the ranking to show', wholeNumber(1, 100_000), 20)
    .option('--url <url>', 'coordinator to ask (default: the one that serves --data-dir, or GRADPOOL_URL)')
    .option('--token <token>', 'token to ask with (default: from --data-dir, or GRADPOOL_TOKEN)')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .addHelpText('after', example('gradpool leaderboard quickstart'))
    .action(async (sweep: string | undefined, flags: ClientFlags & { top: number }) => {
      const [{ showLeaderboard }, { openOutput }, { findCoordinator }] = await Promise.all([
        import('./leaderboard.ts'),
        import('./output.ts'),
        import('./find-coordinator.ts'),
      ]);
      const output = await openOutput({ json: flags.json ?? false, live: false });
      await showLeaderboard({ sweep: sweep ?? null, top: flags.top, address: findCoordinator(flags), output });
    });
}
