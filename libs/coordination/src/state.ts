import { defaultRoomId } from '@gradpool/protocol';
import type {
  ArtifactRef,
  BaselineTask,
  CellId,
  Digest,
  LeaseId,
  SweepId,
  TrialCounts,
  TrialId,
  WorkerId,
} from '@gradpool/protocol';
import type { LeaseEnd } from './refusals.ts';
import type { AttemptRow, BaselineRow, CellRow, EmbeddingRow, RoomRow, SweepRow, TrialRow, WorkerRow } from './rows.ts';
import type { HalvingRule } from './rung-rule.ts';
import type { PooledRun } from './pooled-run.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Timer } from './timers.ts';

/**
 * The whole state is plain data (maps, sets, arrays, objects), so that it can be cloned and compared.
 * Rows are replaced, never changed in place: an effect may keep one.
 */
export interface Trial {
  row: TrialRow;
  readonly cell: CellRow;
  /** Live training leases: none, one, or two where one is a copy. */
  readonly leases: Set<LeaseId>;
  verifyLease: LeaseId | null;
  /** The attempt whose claim awaits its verdict; stored as `running` with `endedAt` set. */
  claim: AttemptRow | null;
  verifyErrors: number;
  /** Present while the trial waits in a queue; `remaining` (flops) is the order it was queued by. */
  queued: 'fresh' | 'erred' | null;
  remaining: number;
  /** Present while many workers train it together. */
  pool: PooledRun | null;
}

export interface Sweep {
  row: SweepRow;
  /** Place in the order of submission. */
  readonly order: number;
  readonly cellByKey: Map<Digest, CellId>;
  readonly trialIds: TrialId[];
  /** `cellId seed` of every trial: (sweep, cell, seed) is unique. */
  readonly trialKeys: Set<string>;
  /** Trials per cell that are not complete, pruned or failed. */
  readonly openByCell: Map<CellId, number>;
  cellsDone: number;
  readonly counts: { -readonly [State in keyof TrialCounts]: number };
  /** Waiting trials, best last: those without an error, and those that must go to other workers. */
  readonly fresh: Trial[];
  readonly erred: Trial[];
  /** Waiting trials that one worker trains alone. */
  soloWaiting: number;
  /** Remaining flops of all waiting trials. */
  waitingCost: number;
  readonly running: Set<TrialId>;
  /** Flops granted so far, by which sweeps take turns; one that joins the turns starts level with the others. */
  served: number;
  readonly baselinesMissing: Set<string>;
  /** Present in a sweep that stops the worse of its cells early. */
  readonly halving: Halving | null;
  /** Epochs that pruned trials were not trained for. */
  epochsSaved: number;
}

/** Cells of a sweep by whom they are compared with. */
export interface Halving {
  readonly rule: HalvingRule;
  readonly cells: Map<CellId, HalvedCell>;
  readonly groups: Map<string, HalvedGroup>;
}

export interface HalvedGroup {
  readonly cells: HalvedCell[];
}

export interface HalvedCell {
  readonly index: number;
  /** Key of the group. */
  readonly group: string;
  readonly trials: Trial[];
}

export interface Worker {
  row: WorkerRow;
  /** Place in the order of arrival, for ties. */
  order: number;
  connected: boolean;
  slots: number;
  /** Further leases it asked for. */
  wants: number;
  readonly leases: Set<LeaseId>;
  /** Those of them that are computed, their sums on the way: they take no slot. */
  sending: number;
  /** Since when it holds no lease and wants none; null while it does either. */
  unoccupiedSince: number | null;
  /** Since this process started: the time it was connected, and the part of it in which it held a lease. */
  readonly present: Stopwatch;
  readonly busy: Stopwatch;
  /** True once its speed comes from real work, no longer from its hello. */
  measured: boolean;
  errorsInRow: number;
  restUntil: number;
  /** Speed under which it stands in the idle list; null when it is not in it. */
  idleSpeed: number | null;
}

interface LeaseBase {
  readonly leaseId: LeaseId;
  readonly fence: number;
  readonly workerId: WorkerId;
  readonly sweepId: SweepId;
  readonly grantedAt: number;
  deadline: number;
  /** No sign of life moves the deadline past this one (a pause waits only so long). */
  deadlineMax: number;
  /** When the one timer that counts for this lease goes off. */
  timerAt: number;
  /** True once a pause has asked for a checkpoint and a release. */
  revoking: boolean;
  epoch: number;
  epochs: number;
  fraction: number;
  /** When `fraction` last grew, or the lease began. */
  movedAt: number;
  loss: number | null;
  imagesPerSecond: number;
}

export interface TrainLease extends LeaseBase {
  readonly kind: 'train';
  readonly trialId: TrialId;
  readonly attempt: AttemptRow;
  /** Begun while pooled runs had no need of the worker: it goes back when one has. */
  readonly gap: boolean;
  /** Share of the trial that was done when the lease began. */
  readonly fractionAtStart: number;
  sampledAt: number | null;
  sampledFraction: number;
}

export interface VerifyLease extends LeaseBase {
  readonly kind: 'verify';
  readonly trialId: TrialId;
}

export interface BaselineLease extends LeaseBase {
  readonly kind: 'baseline';
  readonly trialId: null;
  readonly dataset: Digest;
  readonly keys: readonly string[];
}

/** The map of a complete trial's test codes. */
export interface EmbedLease extends LeaseBase {
  readonly kind: 'embed';
  readonly trialId: TrialId;
}

/** Parameters of a pooled trial after an epoch, to be judged on the validation images. */
export interface ValidationInput {
  readonly epoch: number;
  readonly parameters: ArtifactRef;
  /** In the shell's memory until it is told to forget them; else they are the trial's weights, which are stored. */
  readonly held: boolean;
}

export interface ValidateLease extends LeaseBase {
  readonly kind: 'validate';
  readonly trialId: TrialId;
  readonly input: ValidationInput;
  /** Of the trial, when the lease began: whose points come. */
  readonly attempt: number;
}

/** Some micro-batches of one round of a pooled run. */
export interface MicroLease extends LeaseBase {
  readonly kind: 'micro';
  readonly trialId: TrialId;
  readonly run: number;
  readonly round: number;
  readonly from: number;
  readonly to: number;
  readonly copy: boolean;
  /** Computed: its sum is on the way, and its slot is free. */
  sending: boolean;
}

/** One lane's part of a round of a pooled run in local mode. */
export interface LaneLease extends LeaseBase {
  readonly kind: 'lane';
  readonly trialId: TrialId;
  readonly run: number;
  readonly round: number;
  readonly lane: number;
  /** Most images that it can train on. */
  readonly imagesMax: number;
}

export type PooledLease = MicroLease | LaneLease;

export type Lease = TrainLease | VerifyLease | BaselineLease | EmbedLease | ValidateLease | PooledLease;

/** A baseline that at least one sweep needs and nobody has computed. */
export interface OpenBaseline {
  readonly key: string;
  readonly dataset: Digest;
  readonly datasetName: string;
  readonly task: BaselineTask;
  readonly sweeps: Set<SweepId>;
  leaseId: LeaseId | null;
  errors: number;
}

/** An embedding that is wanted and not stored; with its errors used up it is given up. */
interface OpenEmbedding {
  leaseId: LeaseId | null;
  errors: number;
}

/** What of a pooled trial is to be judged next, and by whom something is being judged. */
export interface OpenValidation {
  waiting: ValidationInput | null;
  leaseId: LeaseId | null;
  /** With what waits. */
  errors: number;
}

export interface State {
  /** Time of the newest event. */
  now: number;
  room: RoomRow;
  readonly sweeps: Map<SweepId, Sweep>;
  readonly sweepByHash: Map<Digest, SweepId>;
  readonly cells: Map<CellId, CellRow>;
  readonly trials: Map<TrialId, Trial>;
  readonly workers: Map<WorkerId, Worker>;
  readonly leases: Map<LeaseId, Lease>;
  /** Why a lease is gone: the younger half of those remembered, and the older. */
  ended: { young: Map<LeaseId, LeaseEnd>; old: Map<LeaseId, LeaseEnd> };
  readonly baselines: Map<string, BaselineRow>;
  readonly openBaselines: Map<string, OpenBaseline>;
  /** Open baselines that nobody computes now. */
  readonly baselineQueue: Set<string>;
  readonly embeddings: Map<TrialId, EmbeddingRow>;
  readonly openEmbeddings: Map<TrialId, OpenEmbedding>;
  /** Open embeddings that nobody computes now, in the order in which they were asked for. */
  readonly embedQueue: Set<TrialId>;
  readonly validations: Map<TrialId, OpenValidation>;
  /** Those of them that an evaluator may begin with now, in the order in which they came. */
  readonly validateQueue: Set<TrialId>;
  /** Running sweeps with a waiting trial, in submit order. */
  readonly openSweeps: Sweep[];
  /** Trials that await an evaluator, oldest first. */
  readonly verifyQueue: Set<TrialId>;
  /** Trials with a live pooled run. */
  readonly pools: Set<TrialId>;
  /** Trials that are trained while runs do without the worker. */
  readonly gapLeases: Set<LeaseId>;
  /** Connected training workers. */
  readonly trainers: Set<WorkerId>;
  /** Workers that want work now, fastest last. */
  readonly idleTrainers: Worker[];
  readonly idleEvaluators: Worker[];
  readonly timers: Timer[];
  /** Live training leases of all sweeps. */
  liveTraining: number;
  /** Sum and maximum of the trainers' speeds, computed at most every second. Views use it; no decision does. */
  pool: { flopsPerSecond: number; fastest: number; computedAt: number };
  /** Moving average of a verification, in ms; null before the first. */
  verifyMs: number | null;
  speculateAt: number;
  sequence: number;
}

/** A room in which nobody has ended anything yet. */
const openRoomRow: RoomRow = { roomId: defaultRoomId, state: 'open', pausedSweeps: [], changedAt: 0 };

export function emptyState(now: number): State {
  return {
    now,
    room: openRoomRow,
    sweeps: new Map(),
    sweepByHash: new Map(),
    cells: new Map(),
    trials: new Map(),
    workers: new Map(),
    leases: new Map(),
    ended: { young: new Map(), old: new Map() },
    baselines: new Map(),
    openBaselines: new Map(),
    baselineQueue: new Set(),
    embeddings: new Map(),
    openEmbeddings: new Map(),
    embedQueue: new Set(),
    validations: new Map(),
    validateQueue: new Set(),
    openSweeps: [],
    verifyQueue: new Set(),
    pools: new Set(),
    gapLeases: new Set(),
    trainers: new Set(),
    idleTrainers: [],
    idleEvaluators: [],
    timers: [],
    liveTraining: 0,
    pool: { flopsPerSecond: 0, fastest: 0, computedAt: -Infinity },
    verifyMs: null,
    speculateAt: 0,
    sequence: 0,
  };
}

/** A broken invariant: the shell ends the process, and a restart reloads from the store. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function must<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new InvariantError(`${what} is missing from the state`);
  return value;
}
