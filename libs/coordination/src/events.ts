import type {
  ArtifactRef,
  CheckpointRef,
  Digest,
  LeaseKey,
  MessageOf,
  Outcome,
  RungFigure,
  SpecJson,
  SweepId,
  TrialId,
  WorkerId,
} from '@gradpool/protocol';
import type { LaneUpdate } from './pooled-lanes.ts';
import type { MicroUpdate, RoundStart, RunBytes } from './pooled-run.ts';
import type { CellRow, PersistRow, SweepRow, TrialRow } from './rows.ts';

/** A new sweep, or the cells and trials that an extension adds, with every id already drawn by the shell. */
export interface SweepPlan {
  readonly sweep: Omit<SweepRow, 'earlierHashes' | 'state' | 'createdAt' | 'finishedAt'>;
  readonly cells: readonly CellRow[];
  readonly trials: readonly Pick<TrialRow, 'trialId' | 'cellId' | 'seedIndex' | 'seed' | 'spec'>[];
}

/** A worker after its hello: identity and trust are settled by the shell. */
export interface WorkerArrival {
  readonly workerId: WorkerId;
  readonly name: string;
  readonly kind: 'train' | 'evaluate';
  readonly platform: string;
  readonly backend: string;
  readonly numericClass: string;
  readonly trusted: boolean;
  readonly flopsPerSecond: number;
  readonly slots: number;
  readonly held: readonly LeaseKey[];
}

/** Everything that can happen. `requestId` names the HTTP call that waits for a `reply`. */
export type Event =
  | { readonly type: 'sweepSubmitted'; readonly requestId: string; readonly plan: SweepPlan }
  | { readonly type: 'sweepExtended'; readonly requestId: string; readonly sweepId: SweepId; readonly plan: SweepPlan }
  | {
      readonly type: 'sweepCommanded';
      readonly requestId: string;
      readonly sweepId: SweepId;
      readonly command: 'pause' | 'resume' | 'cancel';
    }
  /** Somebody wants to see the map of a complete trial's codes. */
  | { readonly type: 'embeddingAsked'; readonly requestId: string; readonly trialId: TrialId }
  | { readonly type: 'workerArrived'; readonly worker: WorkerArrival }
  /** The socket closed. `orderly` after a bye: leases go back at once instead of after the grace period. */
  | { readonly type: 'workerLeft'; readonly workerId: WorkerId; readonly orderly: boolean }
  | { readonly type: 'pulled'; readonly workerId: WorkerId; readonly want: number }
  | { readonly type: 'heartbeat'; readonly workerId: WorkerId; readonly leases: readonly LeaseKey[] }
  | {
      readonly type: 'progressed';
      readonly workerId: WorkerId;
      readonly progress: Omit<MessageOf<'progress'>, 'type' | 'points'>;
    }
  | {
      readonly type: 'checkpointed';
      readonly workerId: WorkerId;
      readonly lease: LeaseKey;
      readonly checkpoint: CheckpointRef;
    }
  | { readonly type: 'resulted'; readonly workerId: WorkerId; readonly lease: LeaseKey; readonly outcome: Outcome }
  | {
      readonly type: 'released';
      readonly workerId: WorkerId;
      readonly lease: LeaseKey;
      readonly reason: string;
      readonly checkpoint: CheckpointRef | null;
      /** Where the lease was asked to stop at a rung, and did. */
      readonly rung?: RungFigure | null;
    }
  | {
      readonly type: 'erred';
      readonly workerId: WorkerId;
      readonly lease: LeaseKey;
      readonly code: string;
      readonly message: string;
    }
  /** The admin takes a worker out of the room. */
  | { readonly type: 'workerRemoved'; readonly workerId: WorkerId }
  /** The admin ends the lesson, or goes on with it. */
  | { readonly type: 'roomCommanded'; readonly command: 'end' | 'open' }
  /** The shell has the parameters of a pooled run's next round; `weights` after the last one, and then no round follows. */
  | {
      readonly type: 'roundReady';
      readonly trialId: TrialId;
      readonly run: number;
      readonly start: RoundStart;
      readonly checkpoint: ArtifactRef | null;
      readonly weights: ArtifactRef | null;
      /** The parameters after the epoch that the round before ended, where they are to be judged; held until `forget`. */
      readonly toValidate: { readonly epoch: number; readonly parameters: ArtifactRef } | null;
      /** Of vectors, since the run was opened: from workers and to them. */
      readonly bytes: RunBytes;
    }
  /** A run that was closed to be kept left this checkpoint. */
  | {
      readonly type: 'runClosed';
      readonly trialId: TrialId;
      readonly epoch: number;
      readonly checkpoint: ArtifactRef;
    }
  /** `again`: what went wrong was not the run's own doing, so that it may go on from its last checkpoint. */
  | {
      readonly type: 'runFailed';
      readonly trialId: TrialId;
      readonly run: number;
      readonly code: string;
      readonly message: string;
      readonly again: boolean;
    }
  /** Time passes: deadlines, grace periods, speculative copies. Sent by the shell at `tickMs`. */
  | { readonly type: 'ticked' };

/** `now`: ms since 1970 on a clock that never runs backward. `newId` draws a UUIDv7; tests pass a counter. */
export interface Env {
  readonly now: number;
  readonly newId: () => string;
}

/** `created`: a sweep that is new, or an embedding that is not stored yet. */
export type Reply =
  | { readonly ok: true; readonly sweepId: SweepId; readonly created: boolean; readonly trialsAdded: number }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** What the core says to workers. */
export type CoreMessage = MessageOf<'lease' | 'settled' | 'revoke' | 'credited' | 'room'>;

/** What the shell does for a pooled run: it holds the vectors. Orders of one run are carried out one after the other. */
export type PoolOrder =
  | {
      readonly kind: 'open';
      readonly trialId: TrialId;
      readonly run: number;
      readonly spec: SpecJson;
      readonly dataset: Digest;
      readonly checkpoint: ArtifactRef | null;
    }
  | {
      readonly kind: 'reduce';
      readonly trialId: TrialId;
      readonly run: number;
      readonly round: number;
      readonly updates: readonly MicroUpdate[];
    }
  /**
   * The same in local mode: average what the lanes changed, and take the outer step, as much of it as the answers are of a whole round.
   */
  | {
      readonly kind: 'average';
      readonly trialId: TrialId;
      readonly run: number;
      readonly round: number;
      readonly updates: readonly LaneUpdate[];
      /** Above 0, at most 1. */
      readonly share: number;
    }
  /** Nobody judges these parameters any more ([J2]). */
  | { readonly kind: 'forget'; readonly trialId: TrialId; readonly parameters: ArtifactRef }
  /** `keep`: store a checkpoint and answer `runClosed`, where any round was done; else just forget it. */
  | { readonly kind: 'close'; readonly trialId: TrialId; readonly run: number; readonly keep: boolean };

/** What the shell must do, in order: persist all rows in one transaction, then everything else. */
export type Effect =
  | ({ readonly type: 'persist' } & PersistRow)
  | { readonly type: 'send'; readonly workerId: WorkerId; readonly message: CoreMessage }
  | { readonly type: 'pool'; readonly order: PoolOrder }
  | { readonly type: 'close'; readonly workerId: WorkerId; readonly code: number; readonly reason: string }
  | { readonly type: 'reply'; readonly requestId: string; readonly reply: Reply }
  /** Something a viewer sees has changed: the shell reads it from the state when it next sends `changes`. */
  | { readonly type: 'changed'; readonly entity: 'sweep'; readonly id: SweepId }
  | { readonly type: 'changed'; readonly entity: 'trial'; readonly id: TrialId }
  | { readonly type: 'changed'; readonly entity: 'worker'; readonly id: WorkerId }
  | { readonly type: 'changed'; readonly entity: 'baselines'; readonly id: Digest };
