import { resolve } from 'node:path';
import type { Command } from 'commander';
import { liveOutput, withClientOptions, withExamples, type ClientFlags, type OutputFlags } from './options.ts';

export function addPooledRun(program: Command): void {
  const command = withClientOptions(program.command('run'))
    .summary('train one trial with all workers together')
    .description(
      'Submits a sweep file with the key `pooled` and shows its rounds until the result: every worker helps with every trial.',
    )
    .argument('<file>', 'sweep file (YAML) with the key pooled');
  withExamples(command, 'gradpool run sweeps/pooled.yaml');
  command.action(async (file: string, flags: ClientFlags & OutputFlags) => {
    const [{ runPooled }, { findCoordinator }, output] = await Promise.all([
      import('../commands/sweep-run.ts'),
      import('../client/find-coordinator.ts'),
      liveOutput(flags),
    ]);
    await runPooled({ file: resolve(file), address: findCoordinator(flags, 'admin'), output });
  });
}
