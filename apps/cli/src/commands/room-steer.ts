import type { RoomCommand, WorkerView } from '@gradpool/protocol';
import type { Api } from '../client/api.ts';
import { configError } from '../cli-error.ts';
import type { Output } from '../screen/output.ts';
import type { Look } from '../screen/paint.ts';
import { tableLines } from '../screen/table.ts';
import { formatCount, formatPlural } from '../screen/units.ts';

interface Steering {
  readonly api: Api;
  readonly output: Output;
}

/** Workers, connected ones first, as the coordinator lists them. */
export async function listWorkers({ api, output }: Steering): Promise<void> {
  const workers = await api.workers();
  output.json(workers);
  output.say(workerLines(workers, output.look()));
}

function workerLines(workers: readonly WorkerView[], look: Look): string[] {
  if (workers.length === 0) return ['  No worker has been here yet; gradpool up shows the link to join'];
  return tableLines(
    [
      { title: 'worker' },
      { title: 'id' },
      { title: 'backend' },
      { title: 'images/s', align: 'right' },
      { title: 'verified epochs', align: 'right' },
      { title: 'does', flexible: true },
    ],
    workers.map((worker) => [
      look.paint.bold(worker.name),
      worker.workerId,
      worker.backend,
      formatCount(worker.imagesPerSecond),
      formatCount(worker.epochsVerified),
      occupation(worker),
    ]),
    look,
  );
}

function occupation({ connected, removed, leases }: WorkerView): string {
  if (removed) return 'removed';
  if (!connected) return 'away';
  return leases.length === 0 ? 'waits for work' : leases.map(({ kind, label }) => `${kind} ${label}`).join('; ');
}

/** Takes a worker out of the room, by its id or by a name that only one connected worker has. */
export async function removeWorker(idOrName: string, { api, output }: Steering): Promise<void> {
  const workers = await api.workers();
  const named = workers.filter(
    ({ workerId, name, connected }) => workerId === idOrName || (connected && name === idOrName),
  );
  const [worker] = named;
  if (!worker) throw configError('E_NOT_FOUND', `there is no worker ${idOrName}; see them with: gradpool workers list`);
  if (named.length > 1) {
    const ids = named.map(({ workerId }) => workerId).join(', ');
    throw configError(
      'E_USAGE',
      `${formatPlural(named.length, 'worker')} are called ${idOrName}; name one by its id: ${ids}`,
    );
  }
  const answer = await api.removeWorker(worker.workerId);
  output.json(answer);
  output.say([
    `  Worker ${answer.name} is out, and its work goes on elsewhere. Let it in again with: gradpool room open`,
  ]);
}

/** Ends the lesson, or goes on with it. */
export async function commandRoom(command: RoomCommand, { api, output }: Steering): Promise<void> {
  const answer = await api.commandRoom(command);
  output.json(answer);
  const waiting = formatPlural(answer.pausedSweeps.length, 'sweep');
  output.say([
    answer.state === 'ended'
      ? `  The room is ended: ${waiting} paused, every worker told. Go on with: gradpool room open`
      : '  The room is open: what the end had paused goes on, and removed workers may come back',
  ]);
}
