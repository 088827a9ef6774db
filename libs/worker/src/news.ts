import type { LeaseId, MessageOf, MetricPoint, RoomState, Work } from '@gradpool/protocol';
import type { Preview } from '@gradpool/training';
import type { Position } from './lease-progress.ts';

/** What a worker tells whoever watches it; nothing depends on its being heard. */
export type WorkerNews =
  /** `codeVersion` is the coordinator's. */
  | { readonly type: 'joined'; readonly workerId: string; readonly codeVersion: string }
  /** The connection was lost or never came about; the next attempt follows in `retryMs`. */
  | { readonly type: 'lost'; readonly message: string; readonly retryMs: number }
  /** The lesson is over (work comes when the room opens again), or goes on; `message` says so in plain words. */
  | { readonly type: 'room'; readonly state: RoomState; readonly message: string }
  /** What was verified of this worker's work, in all its time here. */
  | MessageOf<'credited'>
  | { readonly type: 'began'; readonly leaseId: LeaseId; readonly work: Work }
  | { readonly type: 'moved'; readonly leaseId: LeaseId; readonly position: Position }
  | { readonly type: 'epochEnded'; readonly leaseId: LeaseId; readonly points: readonly MetricPoint[] }
  | { readonly type: 'previewed'; readonly leaseId: LeaseId; readonly preview: Preview }
  | {
      readonly type: 'ended';
      readonly leaseId: LeaseId;
      readonly how: 'finished' | 'handedBack' | 'dropped' | 'failed';
      /** Code and text of a failure. */
      readonly failure: { readonly code: string; readonly message: string } | null;
    };

/** Switches of a running worker. */
export interface WorkerControls {
  /** True hands the work back and takes none until false. */
  readonly pause: (paused: boolean) => void;
  /** Joins again under another name; the work goes on. */
  readonly rename: (name: string) => void;
}
