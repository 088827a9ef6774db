import { closeCodes } from '@gradpool/protocol';
import type { Context } from './context.ts';
import { persist, tellRoom, updateWorker } from './context.ts';
import type { Event } from './events.ts';
import type { RoomRow } from './rows.ts';
import { pauseSweep, resumeSweep } from './sweep-commands.ts';
import { workerLeft } from './workers.ts';

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

const removed = 'E_REMOVED: the person who runs this room has removed this worker';

/** `end` of an ended room does nothing; `open` of an open one still lets those back in who were removed. */
export function commandRoom(context: Context, event: EventOf<'roomCommanded'>): void {
  const { state } = context;
  if (event.command === 'end' && state.room.state === 'open') endRoom(context);
  if (event.command !== 'open') return;
  if (state.room.state === 'ended') openRoom(context);
  for (const worker of state.workers.values()) {
    if (worker.row.removedAt !== null) updateWorker(context, worker, { removedAt: null });
  }
}

/** Every running sweep is paused, so that each trial leaves a checkpoint; which ones, the row remembers. */
function endRoom(context: Context): void {
  const running = [...context.state.sweeps.values()].filter(({ row }) => row.state === 'running');
  for (const sweep of running) pauseSweep(context, sweep);
  updateRoom(context, { state: 'ended', pausedSweeps: running.map(({ row }) => row.sweepId) });
}

/** A sweep that somebody paused by hand stays paused. */
function openRoom(context: Context): void {
  const { room, sweeps } = context.state;
  for (const sweepId of room.pausedSweeps) {
    const sweep = sweeps.get(sweepId);
    if (sweep?.row.state === 'paused') resumeSweep(context, sweep);
  }
  updateRoom(context, { state: 'open', pausedSweeps: [] });
}

function updateRoom(context: Context, patch: Pick<RoomRow, 'state' | 'pausedSweeps'>): void {
  const { state } = context;
  state.room = { ...state.room, ...patch, changedAt: context.now };
  persist(context, { table: 'room', row: state.room });
  for (const worker of state.workers.values()) if (worker.connected) tellRoom(context, worker.row.workerId);
}

/** Its leases go back at once, and it stays out until the room is opened again. */
export function removeWorker(context: Context, event: EventOf<'workerRemoved'>): void {
  const { workerId } = event;
  const worker = context.state.workers.get(workerId);
  if (worker === undefined) return;
  const { connected } = worker;
  worker.connected = true;
  workerLeft(context, { type: 'workerLeft', workerId, orderly: true });
  updateWorker(context, worker, { removedAt: context.now });
  if (connected) context.messages.push({ type: 'close', workerId, code: closeCodes.removed, reason: removed });
}
