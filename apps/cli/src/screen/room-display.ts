import { emptyRoom, withMessage, type SweepView, type WatchedRoom } from '@gradpool/protocol';
import type { ApiAddress } from '../client/api.ts';
import type { Output } from './output.ts';
import { isSettled } from '../client/room.ts';
import { plainLines, screenLines, type Scene } from './live-screen.ts';
import { Viewer } from '../client/viewer.ts';

const displayLimits = { frameMs: 250, plainMs: 5_000 } as const;

export interface DisplayOptions {
  readonly output: Output;
  readonly address: ApiAddress;
  /** What the scene shows besides the room; asked at every frame. */
  readonly scene: () => Pick<Scene, 'url' | 'wanted' | 'children' | 'ownOnly' | 'hint'>;
  /** A sweep has come to its end, or was at its end when the watch began and is the wanted one. */
  readonly onSettled: (sweep: SweepView) => void;
  /** The room has changed. */
  readonly onChange?: (room: WatchedRoom) => void;
  readonly onRefused: (error: Error) => void;
  /** Say every few seconds how things stand, also when nothing is under way. */
  readonly always?: boolean;
}

/** Shows a room while it changes: a screen drawn in place, plain lines, or JSON lines, as the output wants. */
export class RoomDisplay {
  room: WatchedRoom = emptyRoom;
  readonly #options: DisplayOptions;
  readonly #viewer: Viewer;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  readonly #settled = new Set<string>();
  #connected = false;
  #seen = false;

  constructor(options: DisplayOptions) {
    this.#options = options;
    this.#viewer = new Viewer(options.address, {
      onConnected: (connected) => {
        this.#connected = connected;
      },
      onMessage: (message) => {
        this.room = withMessage(this.room, message);
        this.#noteSettled();
        options.onChange?.(this.room);
      },
      onRefused: options.onRefused,
    });
    const { mode } = options.output;
    this.#timer = setInterval(() => this.draw(), mode === 'live' ? displayLimits.frameMs : displayLimits.plainMs);
  }

  draw(): void {
    const { output } = this.#options;
    if (output.mode === 'live') return output.frame(screenLines(this.#scene(), output.look()));
    // A file need not hear every few seconds that nothing happens.
    const idle = !this.#options.always && [...this.room.sweeps.values()].every(isSettled);
    if (!this.#connected || idle) return;
    output.say(plainLines(this.#scene(), output.look()));
    output.json({
      event: 'progress',
      sweeps: [...this.room.sweeps.values()].filter((sweep) => !isSettled(sweep)),
      workers: [...this.room.workers.values()].filter((worker) => worker.connected),
      stats: this.room.stats,
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#viewer.close();
    this.#options.output.endFrame();
  }

  #scene(): Scene {
    return {
      ...this.#options.scene(),
      room: this.room,
      connected: this.#connected,
      elapsedMs: performance.now() - this.#startedAt,
      rows: this.#options.output.rows(),
    };
  }

  /** Tells each sweep's end once. Sweeps that had ended before are no news, but for the wanted one. */
  #noteSettled(): void {
    const { wanted } = this.#options.scene();
    for (const sweep of this.room.sweeps.values()) {
      if (!isSettled(sweep)) {
        this.#settled.delete(sweep.sweepId);
        continue;
      }
      if (this.#settled.has(sweep.sweepId)) continue;
      this.#settled.add(sweep.sweepId);
      if (this.#seen || sweep.sweepId === wanted) this.#options.onSettled(sweep);
    }
    this.#seen = true;
  }
}
