import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { wireLimits } from '@gradpool/protocol';
import type { ClientFlags } from '../client/find-coordinator.ts';
import type { Output } from '../screen/output.ts';

/** Options that several commands take, and how their values are read. */

export interface OutputFlags {
  readonly json?: true;
}

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

/** Trainings that this machine is to run at a time. */
export const threadsOption = (min: 0 | 1): Option =>
  new Option('--threads <n>', `trials to train at a time, each on a core of its own${min === 0 ? '; 0 for none' : ''}`)
    .default(Math.min(availableParallelism(), wireLimits.leasesPerWorkerMax), 'one per core')
    .argParser(wholeNumber(min, wireLimits.leasesPerWorkerMax));

/** What `--threads` is called by those who count a worker a core. */
export const workersOption = (min: 0 | 1): Option =>
  new Option('--workers <n>', 'the same as --threads')
    .conflicts('threads')
    .argParser(wholeNumber(min, wireLimits.leasesPerWorkerMax));

export const dataDirOption = (): Option =>
  new Option('--data-dir <folder>', 'folder where everything is kept').default('.gradpool');

export const jsonOption = (): Option => new Option('--json', 'JSON for scripts instead of text for people');

/** Adds how a command finds its coordinator. */
export const withClientOptions = (command: Command): Command =>
  command
    .option('--url <url>', 'coordinator to ask (default: GRADPOOL_URL, else the one that serves --data-dir)')
    .option('--token <token>', 'token to show it (default: GRADPOOL_TOKEN, else from --data-dir)')
    .option('--ca <file>', 'certificate of the coordinator to trust, where it made its own (or GRADPOOL_CA)')
    .addOption(dataDirOption())
    .addOption(jsonOption());

/** Adds examples below the help text. */
export const withExamples = (command: Command, ...lines: string[]): Command =>
  command.addHelpText('after', `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);

/** Opens the output of a command that draws nothing in place. */
export async function plainOutput({ json }: OutputFlags): Promise<Output> {
  const { openOutput } = await import('../screen/output.ts');
  return openOutput({ json: json ?? false, live: false });
}

export async function liveOutput({ json }: OutputFlags): Promise<Output> {
  const { openOutput } = await import('../screen/output.ts');
  return openOutput({ json: json ?? false, live: true });
}

export type { ClientFlags };
