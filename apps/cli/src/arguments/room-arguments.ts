import type { Command } from 'commander';
import type { RoomCommand } from '@gradpool/protocol';
import { plainOutput, withClientOptions, withExamples, type ClientFlags, type OutputFlags } from './options.ts';

type RoomFlags = ClientFlags & OutputFlags;

/** Commands for whoever runs a room: workers and the lesson itself. */
export function addRoom(program: Command): void {
  const workers = program
    .command('workers')
    .summary('see and remove workers')
    .description('Shows and removes workers.');
  addList(workers);
  addRemove(workers);
  const room = program
    .command('room')
    .summary('end the lesson and go on with it')
    .description('Ends the lesson for all workers, and goes on with it.');
  addCommand(room, 'end', 'pause every running sweep and tell all workers that the lesson is over');
  addCommand(room, 'open', 'go on with what the end has paused; removed workers may come back');
}

function addList(workers: Command): void {
  const command = withClientOptions(workers.command('list'))
    .summary('all workers and what they do')
    .description('Lists workers, connected ones first, with what they do and what they have done.');
  withExamples(command, 'gradpool workers list');
  command.action(async (flags: RoomFlags) => {
    const { listWorkers } = await import('../commands/room-steer.ts');
    await listWorkers(await steering(flags, 'viewer'));
  });
}

function addRemove(workers: Command): void {
  const command = withClientOptions(workers.command('remove'))
    .summary('take a worker out of the room')
    .description('Hands the work of a worker back at once and keeps it out until the room is opened again.')
    .argument('<worker>', 'id, or name of a connected worker');
  withExamples(command, 'gradpool workers remove "Red Panda"');
  command.action(async (worker: string, flags: RoomFlags) => {
    const { removeWorker } = await import('../commands/room-steer.ts');
    await removeWorker(worker, await steering(flags, 'admin'));
  });
}

function addCommand(room: Command, verb: RoomCommand, summary: string): void {
  const command = withClientOptions(room.command(verb))
    .summary(summary)
    .description(`${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`);
  withExamples(command, `gradpool room ${verb}`);
  command.action(async (flags: RoomFlags) => {
    const { commandRoom } = await import('../commands/room-steer.ts');
    await commandRoom(verb, await steering(flags, 'admin'));
  });
}

async function steering(flags: RoomFlags, role: 'viewer' | 'admin') {
  const [{ openApi }, { findCoordinator }, output] = await Promise.all([
    import('../client/api.ts'),
    import('../client/find-coordinator.ts'),
    plainOutput(flags),
  ]);
  return { api: openApi(findCoordinator(flags, role)), output };
}
