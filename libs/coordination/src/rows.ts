import type {
  ArtifactRef,
  BaselineKind,
  BaselineTask,
  CellId,
  CodeSeparation,
  Digest,
  LeaseId,
  Measures,
  RoomId,
  RoomState,
  Segment,
  SpecJson,
  SweepId,
  SweepState,
  TrialId,
  TrialRungs,
  TrialState,
  WorkerId,
} from '@gradpool/protocol';

/**
 * What the core asks the store to keep. Each row is the whole present state of one thing under its key, so a
 * `persist` is an upsert, several of one key within a commit coalesce to the last, and repeating one is harmless.
 * Times are ms since 1970 on the coordinator's clock.
 */
export interface SweepRow {
  readonly sweepId: SweepId;
  readonly roomId: RoomId;
  readonly name: string;
  readonly specHash: Digest;
  /** Hashes the sweep had before it was extended: submitting one of those specs again finds this sweep. */
  readonly earlierHashes: readonly Digest[];
  readonly spec: SpecJson;
  readonly state: SweepState;
  readonly metric: string;
  readonly goal: 'minimize' | 'maximize';
  /** Digest of the data set's manifest, and its name. */
  readonly dataset: Digest;
  readonly datasetName: string;
  readonly codeVersion: string;
  /** Errors after which a trial fails. */
  readonly errorsMax: number;
  /** Baselines that the sweep's table needs. */
  readonly baselines: readonly BaselineTask[];
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export interface CellRow {
  readonly cellId: CellId;
  readonly sweepId: SweepId;
  /** Place in the sweep's own order, from 0. */
  readonly index: number;
  /** SHA-256 of the canonical parameters: a cell is the same cell by its parameters. */
  readonly key: Digest;
  readonly parameters: SpecJson;
  /** Floating-point operations of one whole trial: the scheduler's measure of length. */
  readonly cost: number;
}

export interface TrialRow {
  readonly trialId: TrialId;
  readonly sweepId: SweepId;
  readonly cellId: CellId;
  /** 0 for the first seed of the sweep, and so on: seeds go breadth-first. */
  readonly seedIndex: number;
  readonly seed: number;
  /** The trial's whole spec as it is sent to a worker (cell parameters, defaults and seed). */
  readonly spec: SpecJson;
  readonly state: TrialState;
  /** Fencing token of the newest lease; grows by one with each. */
  readonly fence: number;
  readonly attempts: number;
  readonly errors: number;
  /** Workers whose attempt failed or whose claim was rejected, oldest first. */
  readonly erredWorkers: readonly WorkerId[];
  /** Where it stops to be compared with others, and how it stood; null in a sweep without early termination. */
  readonly rungs: TrialRungs | null;
  readonly checkpoint: { readonly epoch: number; readonly artifact: ArtifactRef; readonly numericClass: string } | null;
  /** Worker that finished the training; null until a result is accepted. */
  readonly workerId: WorkerId | null;
  readonly backend: string | null;
  /** Value of the sweep's metric, as the worker claims it. */
  readonly claimedScore: number | null;
  readonly validationMse: number | null;
  readonly weights: ArtifactRef | null;
  readonly segments: readonly Segment[];
  readonly images: number;
  readonly durationMs: number | null;
  /** Value of the sweep's metric, recomputed by the evaluator; set with state `complete`, as the next two are. */
  readonly score: number | null;
  /** The evaluator's, and what only the worker can tell: that from its result on. */
  readonly measures: Measures;
  readonly details: ArtifactRef | null;
  readonly verifiedBy: WorkerId | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

export type AttemptState = 'running' | 'complete' | 'rejected' | 'failed' | 'lost' | 'released' | 'superseded';

/** One lease of a trial to a training worker. A restart renews those still `running`. */
export interface AttemptRow {
  readonly leaseId: LeaseId;
  readonly trialId: TrialId;
  readonly number: number;
  readonly fence: number;
  readonly workerId: WorkerId;
  readonly copy: boolean;
  readonly state: AttemptState;
  readonly fromEpoch: number;
  readonly toEpoch: number;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface WorkerRow {
  readonly workerId: WorkerId;
  readonly roomId: RoomId;
  readonly name: string;
  readonly kind: 'train' | 'evaluate';
  readonly platform: string;
  readonly backend: string;
  readonly numericClass: string;
  readonly trusted: boolean;
  readonly flopsPerSecond: number;
  readonly trialsCompleted: number;
  readonly trialsRejected: number;
  /** Of complete trials: whole epochs, and images in them, that this worker trained. */
  readonly epochsVerified: number;
  readonly imagesVerified: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** When it was removed by hand; null where it may come. */
  readonly removedAt: number | null;
}

/** Whether work is given out. */
export interface RoomRow {
  readonly roomId: RoomId;
  readonly state: RoomState;
  /** Running when the room was ended: they go on when it opens. */
  readonly pausedSweeps: readonly SweepId[];
  readonly changedAt: number;
}

/** Key: (dataset, baseline, latent, noise). */
export interface BaselineRow {
  readonly dataset: Digest;
  readonly baseline: BaselineKind;
  readonly latent: number | null;
  readonly noise: number;
  readonly testMse: number;
  readonly workerId: WorkerId;
  readonly computedAt: number;
}

/** The map of a complete trial's test codes; its bytes are an artifact. */
export interface EmbeddingRow {
  readonly trialId: TrialId;
  readonly map: ArtifactRef;
  /** Codes on the map. */
  readonly points: number;
  readonly separation: CodeSeparation;
  readonly workerId: WorkerId;
  readonly computedAt: number;
}

export type PersistRow =
  | { readonly table: 'sweep'; readonly row: SweepRow }
  | { readonly table: 'cell'; readonly row: CellRow }
  | { readonly table: 'trial'; readonly row: TrialRow }
  | { readonly table: 'attempt'; readonly row: AttemptRow }
  | { readonly table: 'worker'; readonly row: WorkerRow }
  | { readonly table: 'baseline'; readonly row: BaselineRow }
  | { readonly table: 'embedding'; readonly row: EmbeddingRow }
  | { readonly table: 'room'; readonly row: RoomRow };

/** Everything the core needs to go on after a restart. `attempts` holds only those in state `running`. */
export interface StoredRows {
  readonly sweeps: readonly SweepRow[];
  readonly cells: readonly CellRow[];
  readonly trials: readonly TrialRow[];
  readonly attempts: readonly AttemptRow[];
  readonly workers: readonly WorkerRow[];
  readonly baselines: readonly BaselineRow[];
  readonly embeddings: readonly EmbeddingRow[];
  /** None before anybody has ended the room. */
  readonly rooms: readonly RoomRow[];
}
