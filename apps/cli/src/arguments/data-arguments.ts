import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { dataDirOption, jsonOption, liveOutput, plainOutput, withExamples, type OutputFlags } from './options.ts';

interface DataFlags extends OutputFlags {
  readonly dataDir: string;
}

interface AddFlags extends DataFlags {
  readonly size?: { readonly height: number; readonly width: number };
  readonly colour: 'grey' | 'rgb';
  readonly testShare: number;
}

/** Data sets of one's own. */
export function addData(program: Command): void {
  const data = program
    .command('data')
    .summary('data sets of your own')
    .description('Adds, lists and removes data sets of your own, which sweep files name as `dataset`.');
  addAdd(data);
  addList(data);
  addRemove(data);
}

function addAdd(data: Command): void {
  const command = data
    .command('add')
    .summary('add a folder of pictures or IDX files as a data set')
    .description(
      'Reads FOLDER/CLASS/*.png|jpg, FOLDER/{train,test}/CLASS/*.png|jpg, or the four IDX files that MNIST has, and keeps them in ' +
        'the data folder, where a running coordinator finds them too. Pictures of any size are resized by averaging; ' +
        'without train and test folders the same share of each class is drawn for testing.',
    )
    .argument('<name>', 'what sweep files call it: small letters, digits, dots, hyphens, underscores')
    .argument('<folder>', 'where it is now; it is only read')
    .addOption(
      new Option('--size <n>', 'side of the pictures, or HEIGHTxWIDTH (default: 28; IDX files: as they are)').argParser(
        readSize,
      ),
    )
    .addOption(new Option('--colour <colour>', 'what is kept of it').choices(['grey', 'rgb']).default('grey'))
    .option('--test-share <share>', 'share of each class to test with', readShare, 0.2)
    .addOption(dataDirOption())
    .addOption(jsonOption());
  withExamples(command, 'gradpool data add leaves ./leaves --size 32 --colour rgb');
  command.action(async (name: string, folder: string, flags: AddFlags) => {
    const [{ addData: add }, output] = await Promise.all([import('../commands/data-add.ts'), liveOutput(flags)]);
    await add({
      ...{ name, folder: resolve(folder), size: flags.size ?? null, testShare: flags.testShare, output },
      channels: flags.colour === 'rgb' ? 3 : 1,
      dataDir: resolve(flags.dataDir),
    });
  });
}

function addList(data: Command): void {
  const command = data
    .command('list')
    .summary('the data sets that you have added')
    .description('Lists the data sets that a sweep file may name where this data folder is served.')
    .addOption(dataDirOption())
    .addOption(jsonOption());
  withExamples(command, 'gradpool data list');
  command.action(async (flags: DataFlags) => {
    const [{ listData }, output] = await Promise.all([import('../commands/data-list.ts'), plainOutput(flags)]);
    await listData({ dataDir: resolve(flags.dataDir), output });
  });
}

function addRemove(data: Command): void {
  const command = data
    .command('remove')
    .summary('remove a data set that you have added')
    .description(
      'Removes a data set of your own from the data folder. While a coordinator serves the folder, one that a running or paused ' +
        'sweep trains on stays. Leaderboards and stored figures stay; what shows pictures of finished runs has none any more.',
    )
    .argument('<name>', 'what sweep files call it')
    .addOption(dataDirOption())
    .addOption(jsonOption());
  withExamples(command, 'gradpool data remove leaves');
  command.action(async (name: string, flags: DataFlags) => {
    const [{ removeData }, output] = await Promise.all([import('../commands/data-remove.ts'), plainOutput(flags)]);
    await removeData(name, { dataDir: resolve(flags.dataDir), output });
  });
}

/** `28`, or `32x24` for a height of 32. */
function readSize(text: string): { height: number; width: number } {
  const [, height, width = height] = /^(\d{1,4})(?:x(\d{1,4}))?$/.exec(text) ?? [];
  if (height === undefined) throw new InvalidArgumentError('Expected a number of pixels, such as 28 or 32x24.');
  return { height: Number(height), width: Number(width) };
}

function readShare(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share > 0 && share < 1) return share;
  throw new InvalidArgumentError('Expected a number between 0 and 1, such as 0.2.');
}
