import { Command } from 'commander';
import { addData } from './arguments/data-arguments.ts';
import { addFetch } from './arguments/fetch-arguments.ts';
import { addLooking } from './arguments/look-arguments.ts';
import { addPooledRun } from './arguments/run-arguments.ts';
import { addRoom } from './arguments/room-arguments.ts';
import { addSweep } from './arguments/sweep-arguments.ts';
import { addUp } from './arguments/up-arguments.ts';
import { addWorker } from './arguments/worker-arguments.ts';

/** The whole command line. What a command does is loaded when it runs, so that help is quick. */
export function buildProgram(): Command {
  const program = new Command('gradpool')
    .description('Pools browsers and spare machines into one training cluster over WebSockets.')
    .addHelpText(
      'after',
      '\nExample:\n  $ gradpool up\n  $ gradpool leaderboard quickstart\n\nEach command has its own --help.',
    );
  addUp(program);
  addWorker(program);
  addSweep(program);
  addPooledRun(program);
  addRoom(program);
  addLooking(program);
  addData(program);
  addFetch(program);
  for (const command of everyCommand(program)) command.exitOverride().configureHelp({ showGlobalOptions: false });
  return program;
}

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];
