import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { dataDirOption, jsonOption, liveOutput, withExamples, type OutputFlags } from './options.ts';

interface FetchFlags extends OutputFlags {
  readonly dataDir: string;
  readonly from?: string;
}

/** Getting data sets that do not come with the program. */
export function addFetch(program: Command): void {
  const command = program
    .command('fetch')
    .summary('get a data set that does not come with the program')
    .description(
      'Gets the official archive of a data set, checks it and unpacks it into the data folder, where the next `gradpool up` ' +
        'finds it. A download that broke off goes on where it stopped.',
    )
    .addArgument(new Argument('<dataset>', 'which one').choices(['cifar-10']))
    .option('--from <url>', 'another address of the same archive')
    .addOption(dataDirOption())
    .addOption(jsonOption());
  withExamples(command, 'gradpool fetch cifar-10');
  command.action(async (_dataset: string, flags: FetchFlags) => {
    const [{ cifarArchive, fetchArchive }, output] = await Promise.all([
      import('../commands/fetch.ts'),
      liveOutput(flags),
    ]);
    const archive = flags.from === undefined ? cifarArchive : { ...cifarArchive, url: flags.from };
    await fetchArchive({ archive, dataDir: resolve(flags.dataDir), output });
  });
}
