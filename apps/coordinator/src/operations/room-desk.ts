import { roomCommand, workerId, type RemoveAnswer, type RoomCommandAnswer } from '@gradpool/protocol';
import { Fault } from '../fault.ts';
import type { Room } from '../loop/room.ts';

/** What the person who runs a room does with it. Every refusal is a Fault with its code. */
export class RoomDesk {
  private readonly room: Room;

  constructor(room: Room) {
    this.room = room;
  }

  /** Takes a training worker out. Faults: E_NOT_FOUND, and E_CONFLICT for an evaluator. */
  async remove(id: string): Promise<RemoveAnswer> {
    const parsed = workerId.safeParse(id);
    const row = parsed.success ? this.room.state.workers.get(parsed.data)?.row : undefined;
    if (!row) throw new Fault('E_NOT_FOUND', `there is no worker ${id}; GET /api/workers lists them`, { status: 404 });
    if (row.kind === 'evaluate') {
      const message = `${row.name} is an evaluator, without which nothing is verified; stop its process instead`;
      throw new Fault('E_CONFLICT', message, { status: 409 });
    }
    this.room.loop.accept({ type: 'workerRemoved', workerId: row.workerId });
    await this.room.loop.settled();
    return { workerId: row.workerId, name: row.name };
  }

  async command(text: string): Promise<RoomCommandAnswer> {
    const command = roomCommand.safeParse(text);
    if (!command.success)
      throw new Fault('E_NOT_FOUND', `there is no command ${text}; end and open are`, { status: 404 });
    this.room.loop.accept({ type: 'roomCommanded', command: command.data });
    const { state, pausedSweeps } = this.room.state.room;
    await this.room.loop.settled();
    return { state, pausedSweeps: [...pausedSweeps] };
  }
}
