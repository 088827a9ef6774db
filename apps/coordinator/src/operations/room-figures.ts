import type { RoomStats } from '@gradpool/protocol';
import type { Switchboard } from '../live/switchboard.ts';
import type { Room } from '../loop/room.ts';
import type { Traffic } from './traffic.ts';

/** Figures of the whole room, for viewers, /api/stats and the metrics. */
export class RoomFigures {
  readonly codeVersion: string;
  private readonly room: Room;
  private readonly switchboard: Switchboard;
  private readonly traffic: Traffic;
  private readonly startedAt: number;

  constructor(parts: { room: Room; switchboard: Switchboard; traffic: Traffic; codeVersion: string }) {
    this.codeVersion = parts.codeVersion;
    this.room = parts.room;
    this.switchboard = parts.switchboard;
    this.traffic = parts.traffic;
    this.startedAt = parts.room.clock();
  }

  stats(): RoomStats {
    let imagesPerSecond = 0;
    for (const lease of this.room.state.leases.values()) imagesPerSecond += lease.imagesPerSecond;
    return {
      roomState: this.room.state.room.state,
      workersConnected: this.switchboard.workersConnected,
      imagesPerSecond,
      ...this.traffic.read(),
      uptimeMs: this.room.clock() - this.startedAt,
    };
  }

  trialsByState(): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { counts } of this.room.state.sweeps.values()) {
      for (const [state, count] of Object.entries(counts)) sums.set(state, (sums.get(state) ?? 0) + count);
    }
    return sums;
  }
}
