import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  liveOutput,
  threadsOption,
  workersOption,
  withClientOptions,
  withExamples,
  type ClientFlags,
  type OutputFlags,
} from './options.ts';

export function addWorker(program: Command): void {
  const command = withClientOptions(program.command('worker'))
    .summary('lend this machine to a coordinator elsewhere')
    .description(
      'Joins a coordinator and trains on this machine until Ctrl-C. Whoever started the coordinator sees the ' +
        'address and the token on the screen.',
    )
    .addOption(threadsOption(1))
    .addOption(workersOption(1));
  withExamples(command, 'gradpool worker --url http://192.168.1.20:4710 --token 8sXk…');
  command.action(async (flags: ClientFlags & OutputFlags & { readonly threads: number; readonly workers?: number }) => {
    const [{ joinAsWorker }, { findCoordinator }, paths, output] = await Promise.all([
      import('../commands/worker.ts'),
      import('../client/find-coordinator.ts'),
      import('../paths.ts'),
      liveOutput(flags),
    ]);
    await joinAsWorker({
      address: findCoordinator(flags, 'join'),
      threads: flags.workers ?? flags.threads,
      dataDir: resolve(flags.dataDir),
      output,
      entry: paths.workerEntry(),
    });
  });
}
