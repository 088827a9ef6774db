import type {
  CheckpointRef,
  ClientMessage,
  ErrorCode,
  LeaseId,
  LeaseKey,
  MessageOf,
  MetricPoint,
  RoomState,
  RungFigure,
  ServerMessage,
  Work,
  WorkerHello,
} from '@gradpool/protocol';
import type { EpochPictures } from './engine.ts';
import type { LeaseProgress, Position } from './lease-progress.ts';
import type { Identity, LogLevel } from './platform.ts';
import type { WorkerLimits } from './worker-limits.ts';
import type { Answer } from './workshop.ts';

/**
 * A worker's side of the protocol as a state machine.
 *
 * Connection:
 *   new -> connecting -> greeting -> joined -> waiting -> connecting …
 *   any -> over (drained, or a close that another attempt cannot mend)
 *
 * Each held lease:
 *   queued -> working -> ended            finished or failed
 *   working -> stopping -> ended          drain, or a revoke that wants a checkpoint first
 *   working | stopping -> dropping        revoked: keeps its slot until the work has really stopped
 *   ended -> (gone)                       settled
 *   dropping -> (gone)                    the work has stopped
 */
export type Connection =
  | { readonly phase: 'new' }
  | { readonly phase: 'connecting' }
  | { readonly phase: 'greeting'; readonly giveUpAt: number }
  | { readonly phase: 'joined'; readonly heartbeatMs: number; heartbeatAt: number; wanted: number }
  | { readonly phase: 'waiting'; readonly reconnectAt: number }
  | { readonly phase: 'over' };

export type Ending = MessageOf<'result'> | MessageOf<'release'> | MessageOf<'failed'>;

export interface HeldLease {
  readonly lease: LeaseKey;
  readonly work: Work;
  phase: 'queued' | 'working' | 'stopping' | 'dropping' | 'ended';
  /** Set with phase `ended`; said again after every reconnect until it is settled. */
  ending: Ending | null;
  /** Goes ahead of it, as often as it is said. */
  vector: Uint8Array | null;
  /** While draining: a nearly finished lease is stopped after all at this time. */
  finishBy: number | null;
  checkpoint: CheckpointRef | null;
  readonly progress: LeaseProgress;
}

/** What the session knows of itself; `hello` without what changes between connections. */
export interface SessionOptions {
  readonly hello: Omit<WorkerHello, 'identity' | 'held'>;
  readonly identity: Identity | null;
  readonly limits: WorkerLimits;
}

export interface SessionState {
  readonly options: SessionOptions;
  identity: Identity | null;
  connection: Connection;
  /** Connections lost or refused since the last welcome. */
  attempt: number;
  /** The coordinator's last `error`: says in words what a close that follows means. */
  lastError: { readonly code: string; readonly message: string } | null;
  /** From `closing`: when the coordinator wants to be asked again. */
  reconnectHintMs: number | null;
  readonly leases: Map<LeaseId, HeldLease>;
  /** Leases that failed in a row. */
  failures: number;
  /** No pull before this time. */
  pullAt: number;
  paused: boolean;
  /** As the next hello says it. */
  name: string;
  drain: { readonly deadline: number; offlineDeadline: number | null } | null;
}

export type SessionEvent =
  | { readonly type: 'started' }
  | { readonly type: 'opened' }
  | { readonly type: 'received'; readonly message: ServerMessage }
  /** A frame that could not be decoded. */
  | { readonly type: 'garbled'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'ticked' }
  | { readonly type: 'drainAsked' }
  /** True hands all work back and takes none until false. */
  | { readonly type: 'pauseAsked'; readonly paused: boolean }
  /** The next hello says this name; a joined worker says it at once. */
  | { readonly type: 'renamed'; readonly name: string }
  | { readonly type: 'moved'; readonly leaseId: LeaseId; readonly position: Position }
  | { readonly type: 'epochEnded'; readonly leaseId: LeaseId; readonly points: readonly MetricPoint[] }
  | { readonly type: 'pictured'; readonly leaseId: LeaseId; readonly pictures: EpochPictures }
  /** The artifact is stored. */
  | { readonly type: 'checkpointStored'; readonly leaseId: LeaseId; readonly checkpoint: CheckpointRef }
  /** Exactly one of these four ends every `begin`. */
  | ({ readonly type: 'finished'; readonly leaseId: LeaseId } & Answer)
  | { readonly type: 'failed'; readonly leaseId: LeaseId; readonly code: string; readonly message: string }
  | {
      readonly type: 'handedBack';
      readonly leaseId: LeaseId;
      readonly reason: string;
      readonly checkpoint: CheckpointRef | null;
      readonly rung?: RungFigure;
    }
  | { readonly type: 'dropped'; readonly leaseId: LeaseId }
  /** This process cannot work any more; what it holds goes elsewhere. */
  | { readonly type: 'brokeDown'; readonly code: ErrorCode; readonly message: string };

/** `now`: ms on a clock that never runs backward; `random` in [0, 1) for jitter. */
export interface SessionEnv {
  readonly now: number;
  readonly random: number;
}

export type SessionEffect =
  | { readonly type: 'connect' }
  | { readonly type: 'disconnect'; readonly code: number; readonly reason: string }
  | { readonly type: 'send'; readonly message: ClientMessage }
  | { readonly type: 'begin'; readonly lease: LeaseKey; readonly work: Work }
  | MessageOf<'parameters'>
  /** `checkpoint`: store the state where there is one, then `handedBack`; `drop`: just stop, then `dropped`. */
  | { readonly type: 'stop'; readonly leaseId: LeaseId; readonly how: 'checkpoint' | 'drop'; readonly reason: string }
  | { readonly type: 'keepIdentity'; readonly identity: Identity | null }
  | { readonly type: 'joined'; readonly workerId: string; readonly codeVersion: string }
  | MessageOf<'credited'>
  | { readonly type: 'lost'; readonly message: string; readonly retryMs: number }
  /** The lesson is over, or goes on. */
  | { readonly type: 'room'; readonly state: RoomState; readonly message: string }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  /** The session is over; `code` is null after a drain. */
  | { readonly type: 'end'; readonly code: ErrorCode | null; readonly message: string };
