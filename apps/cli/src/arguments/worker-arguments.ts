import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  liveOutput,
  wholeNumber,
  withClientOptions,
  withExamples,
  workersMax,
  type ClientFlags,
  type OutputFlags,
} from './options.ts';

export function addWorker(program: Command): void {
  const command = withClientOptions(program.command('worker'))
    .summary('lend this machine to a coordinator elsewhere')
    .description(
      'Joins a coordinator with training workers on this machine until Ctrl-C. Whoever started the coordinator sees the ' +
        'address and the token on the screen.',
    )
    .option('--workers <n>', 'training workers to start', wholeNumber(1, workersMax), availableParallelism());
  withExamples(command, 'gradpool worker --url http://192.168.1.20:4710 --token 8sXk…');
  command.action(async (flags: ClientFlags & OutputFlags & { readonly workers: number }) => {
    const [{ joinAsWorkers }, { findCoordinator }, paths, output] = await Promise.all([
      import('../commands/worker.ts'),
      import('../client/find-coordinator.ts'),
      import('../paths.ts'),
      liveOutput(flags),
    ]);
    await joinAsWorkers({
      address: findCoordinator(flags, 'join'),
      workers: flags.workers,
      dataDir: resolve(flags.dataDir),
      output,
      entry: paths.workerEntry(),
    });
  });
}
