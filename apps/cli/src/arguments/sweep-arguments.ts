import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { SweepCommand } from '@gradpool/protocol';
import { readAddition, type Additions } from './additions.ts';
import {
  liveOutput,
  plainOutput,
  wholeNumber,
  withClientOptions,
  withExamples,
  type ClientFlags,
  type OutputFlags,
} from './options.ts';

type SweepFlags = ClientFlags & OutputFlags;

export function addSweep(program: Command): void {
  const sweep = program.command('sweep').summary('run and steer sweeps').description('Runs and steers sweeps.');
  addRun(sweep);
  addList(sweep);
  addShow(sweep);
  addCommand(sweep, 'pause', 'stop handing out work; running trials store their state');
  addCommand(sweep, 'resume', 'go on with a paused or cancelled sweep');
  addCommand(sweep, 'cancel', 'end a sweep; finished trials are kept, and resume takes it up again');
  addExtend(sweep);
}

function addRun(sweep: Command): void {
  const command = withClientOptions(sweep.command('run'))
    .summary('submit a sweep file')
    .description(
      'Submits a sweep file to a running coordinator. The same file twice is one sweep: nothing is trained again.',
    )
    .argument('<file>', 'sweep file (YAML)')
    .option('--dry-run', 'submit nothing: print cells x seeds and an estimate of the time')
    .option('--watch', 'show the progress, and leave after the table');
  withExamples(
    command,
    'gradpool sweep run sweeps/paper.yaml --dry-run',
    'gradpool sweep run sweeps/paper.yaml --watch',
  );
  command.action(async (file: string, flags: SweepFlags & { readonly dryRun?: true; readonly watch?: true }) => {
    const path = resolve(file);
    if (flags.dryRun) {
      const { dryRun } = await import('../commands/dry-run.ts');
      return dryRun({ file: path, flags, output: await plainOutput(flags) });
    }
    const [{ runSweep }, { findCoordinator }, output] = await Promise.all([
      import('../commands/sweep-run.ts'),
      import('../client/find-coordinator.ts'),
      flags.watch ? liveOutput(flags) : plainOutput(flags),
    ]);
    await runSweep({ file: path, watch: flags.watch ?? false, address: findCoordinator(flags, 'admin'), output });
  });
}

function addList(sweep: Command): void {
  const command = withClientOptions(sweep.command('list'))
    .summary('all sweeps and how far they are')
    .description('Lists all sweeps of a coordinator, the newest first.');
  withExamples(command, 'gradpool sweep list');
  command.action(async (flags: SweepFlags) => {
    const { listSweeps } = await import('../commands/sweep-look.ts');
    await listSweeps(await looking(flags, 'viewer'));
  });
}

function addShow(sweep: Command): void {
  const command = withClientOptions(sweep.command('show'))
    .summary('one sweep: its parameters and its trials')
    .description('Shows what a sweep runs and how each trial stands.')
    .argument('<sweep>', 'name or id');
  withExamples(command, 'gradpool sweep show quickstart');
  command.action(async (name: string, flags: SweepFlags) => {
    const { showSweep } = await import('../commands/sweep-look.ts');
    await showSweep(name, await looking(flags, 'viewer'));
  });
}

function addCommand(sweep: Command, verb: SweepCommand, summary: string): void {
  const command = withClientOptions(sweep.command(verb))
    .summary(summary)
    .description(`${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`)
    .argument('<sweep>', 'name or id');
  withExamples(command, `gradpool sweep ${verb} quickstart`);
  command.action(async (name: string, flags: SweepFlags) => {
    const { commandSweep } = await import('../commands/sweep-steer.ts');
    await commandSweep(name, verb, await looking(flags, 'admin'));
  });
}

function addExtend(sweep: Command): void {
  const command = withClientOptions(sweep.command('extend'))
    .summary('add values or seeds; only the new cells are trained')
    .description(
      'Adds values of parameters, or seeds, to a sweep, also to a finished one. Only what is new is trained.',
    )
    .argument('<sweep>', 'name or id')
    .option('-p, --parameter <name=values>', 'values to add, separated by commas; may be repeated', readAddition, {})
    .option('--seeds <n>', 'seeds each cell is to have in all', wholeNumber(1, 10_000));
  withExamples(command, 'gradpool sweep extend quickstart --parameter latent=4,16 --seeds 3');
  command.action(
    async (name: string, flags: SweepFlags & { readonly parameter: Additions; readonly seeds?: number }) => {
      const { extendSweep } = await import('../commands/sweep-steer.ts');
      const additions = { parameters: flags.parameter, seeds: flags.seeds ?? null };
      await extendSweep(name, additions, await looking(flags, 'admin'));
    },
  );
}

async function looking(flags: SweepFlags, role: 'viewer' | 'admin') {
  const [{ openApi }, { findCoordinator }, output] = await Promise.all([
    import('../client/api.ts'),
    import('../client/find-coordinator.ts'),
    plainOutput(flags),
  ]);
  return { api: openApi(findCoordinator(flags, role)), output };
}
