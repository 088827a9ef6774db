import type { ServerMessage } from './messages.ts';
import type { RoomStats, SweepView, WorkerView } from './views.ts';

/** What a viewer knows of a coordinator's room: the last word on each sweep and worker. */
export interface WatchedRoom {
  readonly sweeps: ReadonlyMap<string, SweepView>;
  readonly workers: ReadonlyMap<string, WorkerView>;
  readonly stats: RoomStats | null;
}

export const emptyRoom: WatchedRoom = { sweeps: new Map(), workers: new Map(), stats: null };

/** The room after a message, [W1]; messages that tell nothing about it leave it as it is. */
export function withMessage(room: WatchedRoom, message: ServerMessage): WatchedRoom {
  switch (message.type) {
    case 'snapshot':
      return {
        sweeps: new Map(message.sweeps.map((sweep) => [sweep.sweepId, sweep])),
        workers: new Map(message.workers.map((worker) => [worker.workerId, worker])),
        stats: message.stats,
      };
    case 'changes':
      return {
        sweeps: merged(room.sweeps, message.sweeps, (sweep) => sweep.sweepId),
        workers: merged(room.workers, message.workers, (worker) => worker.workerId),
        stats: message.stats,
      };
    case 'welcome':
    case 'parameters':
    case 'lease':
    case 'settled':
    case 'revoke':
    case 'room':
    case 'error':
    case 'credited':
    case 'closing':
      return room;
    default:
      message satisfies never;
      return room;
  }
}

function merged<Row>(
  old: ReadonlyMap<string, Row>,
  rows: readonly Row[],
  key: (row: Row) => string,
): ReadonlyMap<string, Row> {
  if (rows.length === 0) return old;
  const next = new Map(old);
  for (const row of rows) next.set(key(row), row);
  return next;
}
