import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import {
  liveOutput,
  plainOutput,
  wholeNumber,
  withClientOptions,
  withExamples,
  type ClientFlags,
  type OutputFlags,
} from './options.ts';

type LookFlags = ClientFlags & OutputFlags;

/** Commands that only look: status, leaderboard, export, report. */
export function addLooking(program: Command): void {
  addStatus(program);
  addLeaderboard(program);
  addExport(program);
  addReport(program);
}

function addStatus(program: Command): void {
  const command = withClientOptions(program.command('status'))
    .summary('what the workers do, live')
    .description(
      'Shows sweeps and workers while they change, until Ctrl-C. Not on a terminal: plain lines every few seconds. With ' +
        '--json: one object now, or with --watch one every few seconds.',
    )
    .option('--once', 'say how things stand and leave')
    .option('--watch', 'with --json: go on until Ctrl-C');
  withExamples(command, 'gradpool status', 'gradpool status --json');
  command.action(async (flags: LookFlags & { readonly once?: true; readonly watch?: true }) => {
    const once = flags.once ?? (flags.json ?? false) === true;
    const [{ showStatus }, { findCoordinator }, output] = await Promise.all([
      import('../commands/status.ts'),
      import('../client/find-coordinator.ts'),
      once && !flags.watch ? plainOutput(flags) : liveOutput(flags),
    ]);
    await showStatus({ address: findCoordinator(flags), output, once: once && !flags.watch });
  });
}

function addLeaderboard(program: Command): void {
  const command = withClientOptions(program.command('leaderboard'))
    .summary('what a sweep has found: grid and ranking')
    .description('Prints the table of a sweep, its baselines and the ranking of its cells. Verified results only.')
    .argument('[sweep]', 'name or id (default: the newest)')
    .option('--top <n>', 'rows of the ranking to show', wholeNumber(1, 100_000), 20);
  withExamples(command, 'gradpool leaderboard quickstart');
  command.action(async (sweep: string | undefined, flags: LookFlags & { readonly top: number }) => {
    const [{ showLeaderboard }, { findCoordinator }, output] = await Promise.all([
      import('../commands/leaderboard.ts'),
      import('../client/find-coordinator.ts'),
      plainOutput(flags),
    ]);
    await showLeaderboard({ sweep: sweep ?? null, top: flags.top, address: findCoordinator(flags), output });
  });
}

function addExport(program: Command): void {
  const command = withClientOptions(program.command('export'))
    .summary('results with their provenance, as CSV or JSON')
    .description(
      'Writes every verified trial of a sweep with what it takes to repeat it: parameters, seed, data and spec digests, ' +
        'code version, weights, workers.',
    )
    .argument('<sweep>', 'name or id')
    .addOption(
      new Option('--format <format>', 'form of the export (default: json with --json, else csv)').choices([
        'csv',
        'json',
      ]),
    )
    .option('--output <file>', 'write to a file instead of the standard output');
  withExamples(command, 'gradpool export quickstart --format csv --output quickstart.csv');
  command.action(
    async (sweep: string, flags: LookFlags & { readonly format?: 'csv' | 'json'; readonly output?: string }) => {
      const [{ exportSweep }, { findCoordinator }] = await Promise.all([
        import('../commands/export.ts'),
        import('../client/find-coordinator.ts'),
      ]);
      await exportSweep({
        sweep,
        format: flags.format ?? (flags.json ? 'json' : 'csv'),
        file: flags.output === undefined ? null : resolve(flags.output),
        address: findCoordinator(flags),
        output: await plainOutput(flags),
      });
    },
  );
}

function addReport(program: Command): void {
  const command = withClientOptions(program.command('report'))
    .summary('what a sweep has found, as one HTML file')
    .description(
      'Writes one self-contained HTML file: findings in plain words with the tests behind them, the heat map, the ranking, ' +
        'reconstructions, curves, baselines and what was run. It opens from disk, asks nobody and prints well.',
    )
    .argument('<sweep>', 'name or id')
    .option('--output <file>', 'where to write it (default: SWEEP-report.html here)');
  withExamples(command, 'gradpool report quickstart', 'gradpool report quickstart --output results.html');
  command.action(async (sweep: string, flags: LookFlags & { readonly output?: string }) => {
    const [{ writeReport }, { findCoordinator }] = await Promise.all([
      import('../commands/report.ts'),
      import('../client/find-coordinator.ts'),
    ]);
    await writeReport({
      sweep,
      file: resolve(flags.output ?? `${sweep}-report.html`),
      address: findCoordinator(flags),
      output: await plainOutput(flags),
      now: Date.now(),
    });
  });
}
