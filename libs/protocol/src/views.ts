import { z } from 'zod';
import { cellId, digest, leaseId, sweepId, trialId, workerId } from './ids.ts';
import { wireLimits } from './limits.ts';
import {
  artifactRef,
  baselineKind,
  codeSeparation,
  count,
  finite,
  measures,
  name,
  rungFigure,
  segment,
  specJson,
  text,
} from './work.ts';

/** What viewers and HTTP clients see: one shape for the socket and for /api. Times are ms since 1970 (UTC). */
export const sweepState = z.enum(['running', 'paused', 'complete', 'cancelled']);
export type SweepState = z.infer<typeof sweepState>;

export const trialState = z.enum(['waiting', 'running', 'verifying', 'complete', 'pruned', 'failed', 'cancelled']);
export type TrialState = z.infer<typeof trialState>;

export const trialCounts = z.strictObject({
  waiting: count,
  running: count,
  verifying: count,
  complete: count,
  pruned: count,
  failed: count,
  cancelled: count,
});
export type TrialCounts = z.infer<typeof trialCounts>;

/** No trial in any state. */
export const noTrials: TrialCounts = {
  waiting: 0,
  running: 0,
  verifying: 0,
  complete: 0,
  pruned: 0,
  failed: 0,
  cancelled: 0,
};

/** How a trial is trained: by one worker at a time, or by many together in exact or in local mode. */
export const placement = z.enum(['alone', 'exact', 'local']);
export type Placement = z.infer<typeof placement>;

/** slow: less than a quarter of the middle speed of those that help. */
export const helperPace = z.enum(['even', 'slow', 'away']);
export type HelperPace = z.infer<typeof helperPace>;

/** A trial that many workers train together at this moment. */
export const pooledRunView = z.strictObject({
  trialId,
  /** Rounds done, of those to do; in local mode the latter is an estimate. */
  round: count,
  rounds: count,
  /** Trained on so far, over all epochs. */
  images: count,
  /** Of whole rounds, over the last second or so; 0 before the first. */
  imagesPerSecond: finite,
  /** Of the last round. */
  loss: finite.nullable(),
  /** Mean squared error per pixel on the validation images, of the newest epoch that an evaluator has judged since the run was opened. */
  validation: z.strictObject({ epoch: count, mse: finite }).nullable(),
  /** Of vectors over sockets since the run was opened, from workers and to them. */
  bytesUp: count,
  bytesDown: count,
  /** Parts of rounds that were refused, or ended in an error, since then. */
  refused: count,
  /** SHA-256 of the present parameters: in exact mode the same in this round for every run of this trial, whoever helps. */
  parameters: digest,
  /** Null in exact mode. In local mode: lanes, rounds that the latest change of the last round came late, changes refused as too late. */
  local: z.strictObject({ lanes: count, staleness: count, late: count }).nullable(),
  /** Whose work counted since the coordinator opened the run, most first. */
  helpers: z
    .array(z.strictObject({ workerId, name, images: count, imagesPerSecond: finite, pace: helperPace }))
    .max(wireLimits.helpersShownMax),
});
export type PooledRunView = z.infer<typeof pooledRunView>;

export const sweepView = z.strictObject({
  sweepId,
  name,
  state: sweepState,
  specHash: digest,
  spec: specJson,
  dataset: digest,
  codeVersion: text,
  cells: count,
  cellsDone: count,
  trials: trialCounts,
  baselinesWaiting: count,
  /** Epochs that pruned trials were not trained for. */
  epochsSaved: count,
  /** Its pooled runs under way. */
  pooledRuns: z.array(pooledRunView).max(wireLimits.pooledRunsShownMax),
  /** Predicted ms until the last trial is verified, from measured speeds; null when unknown. */
  etaMs: count.nullable(),
  createdAt: count,
  finishedAt: count.nullable(),
});
export type SweepView = z.infer<typeof sweepView>;

export const leaseView = z.strictObject({
  leaseId,
  kind: z.enum(['train', 'verify', 'baseline', 'embed', 'validate', 'micro', 'lane']),
  trialId: trialId.nullable(),
  sweepId,
  /** Short parameters for people: `latent 8, noise 0.3, seed 0`. */
  label: text,
  epoch: count,
  epochs: count,
  /** Share of the whole lease done, 0 to 1. */
  fraction: finite,
  loss: finite.nullable(),
  imagesPerSecond: finite,
  copy: z.boolean(),
});
export type LeaseView = z.infer<typeof leaseView>;

export const workerView = z.strictObject({
  workerId,
  name,
  kind: z.enum(['train', 'evaluate']),
  platform: name,
  backend: text,
  numericClass: text,
  trusted: z.boolean(),
  connected: z.boolean(),
  /** Removed by hand, and kept out until the room is opened again. */
  removed: z.boolean(),
  slots: count,
  lastSeenAt: count,
  leases: z.array(leaseView).max(wireLimits.leasesPerWorkerMax),
  /** Summed over its leases. */
  imagesPerSecond: finite,
  /** Since the coordinator started: ms it was connected, and ms of them with work in hand. */
  presentMs: count,
  busyMs: count,
  trialsCompleted: count,
  trialsRejected: count,
  /** Its part in complete (verified) trials, also of trials that somebody else finished. */
  epochsVerified: count,
  imagesVerified: count,
});
export type WorkerView = z.infer<typeof workerView>;

/** Where the map of a trial's test codes is kept, and how far their classes lie apart. */
export const embeddingView = z.strictObject({
  map: artifactRef,
  /** Codes on the map. */
  points: count,
  separation: codeSeparation,
  computedAt: count,
});
export type EmbeddingView = z.infer<typeof embeddingView>;
/** Where a trial stops to be compared with other cells, how it stood at the rungs so far, and why it does not go on. */
export const trialRungs = z.strictObject({
  /** The next rung, or its last epoch. */
  untilEpoch: count,
  figures: z.array(rungFigure),
  /** At a rung, with the mean validation figure of its cell: its place of all that came or may come there, and how many went on. */
  pruned: z.strictObject({ epoch: count, place: count, of: count, kept: count, mean: finite }).nullable(),
});
export type TrialRungs = z.infer<typeof trialRungs>;

export const trialView = z.strictObject({
  trialId,
  sweepId,
  cellId,
  parameters: specJson,
  seed: count,
  state: trialState,
  attempts: count,
  errors: count,
  /** Null in a sweep without early termination. */
  rungs: trialRungs.nullable(),
  /** Value of the sweep's metric, verified by the evaluator; null until then. */
  score: finite.nullable(),
  claimedScore: finite.nullable(),
  /** What else the evaluator computed, and times that only the worker can tell; the latter before it is verified too. */
  measures,
  /** What is no single number, as JSON: a confusion matrix, the points of a curve. */
  details: artifactRef.nullable(),
  validationMse: finite.nullable(),
  weights: artifactRef.nullable(),
  /** Name and id of the worker that finished the training. */
  workerId: workerId.nullable(),
  verifiedBy: workerId.nullable(),
  backend: text.nullable(),
  placement,
  /** One class, or several joined by ` + ` and then `bitExact` is false. */
  numericClass: text.nullable(),
  bitExact: z.boolean(),
  /** Who trained which epochs. */
  segments: z.array(z.strictObject({ ...segment.shape, workerName: name.nullable() })),
  /** Trained on in the last stretch. */
  images: count,
  durationMs: count.nullable(),
  embedding: embeddingView.nullable(),
  errorCode: text.nullable(),
  errorMessage: text.nullable(),
  createdAt: count,
  startedAt: count.nullable(),
  finishedAt: count.nullable(),
});
export type TrialView = z.infer<typeof trialView>;

/** How the verified figures of a cell came about. */
export const cellProvenance = z.strictObject({
  bestTrialId: trialId,
  numericClasses: z.array(text),
  /** Of all trials of a cell. */
  placement,
  /** False where a trial moved between numeric classes or was trained in local mode. */
  bitExact: z.boolean(),
  /** How many workers took part. */
  workers: count,
});
export type CellProvenance = z.infer<typeof cellProvenance>;

/** Where the reconstructions after an epoch are kept. */
export const epochPictures = z.strictObject({ epoch: count, sha256: digest, bytes: count });
export type EpochPicturesView = z.infer<typeof epochPictures>;

/** One attempt at a trial: one lease to one worker. */
export const attemptView = z.strictObject({
  number: count,
  workerId,
  workerName: name.nullable(),
  /** A speculative copy of a trial that another worker also trained. */
  copy: z.boolean(),
  state: z.enum(['running', 'complete', 'rejected', 'failed', 'lost', 'released', 'superseded']),
  fromEpoch: count,
  toEpoch: count,
  errorCode: text.nullable(),
  errorMessage: text.nullable(),
  startedAt: count,
  endedAt: count.nullable(),
});
export type AttemptView = z.infer<typeof attemptView>;

/** One row of the ranking: a cell over its verified seeds. `ci95` is the half-width of the 95 % t-interval. */
export const leaderboardRow = z.strictObject({
  cellId,
  parameters: specJson,
  n: count,
  mean: finite,
  sd: finite.nullable(),
  ci95: finite.nullable(),
  /** 1 is best; null while n < 3. */
  rank: count.nullable(),
  /** Means over the same trials, of every measure that all of them have. */
  measures,
  provenance: cellProvenance,
});
export type LeaderboardRow = z.infer<typeof leaderboardRow>;

export const baselineRow = z.strictObject({
  baseline: baselineKind,
  latent: count.nullable(),
  noise: finite,
  testMse: finite,
});
export type BaselineRowView = z.infer<typeof baselineRow>;

/** A cell that was stopped early: its mean validation error after `epoch`, and its place there among `of` cells, of which `kept` went on. */
export const prunedCell = z.strictObject({
  cellId,
  parameters: specJson,
  epoch: count,
  place: count,
  of: count,
  kept: count,
  mean: finite,
  /** Epochs that its trials were not trained for. */
  epochsSaved: count,
});
export type PrunedCell = z.infer<typeof prunedCell>;

export const leaderboard = z.strictObject({
  sweepId,
  name,
  metric: name,
  goal: z.enum(['minimize', 'maximize']),
  rows: z.array(leaderboardRow),
  /** Not ranked, latest first. */
  pruned: z.array(prunedCell),
  baselines: z.array(baselineRow),
});
export type Leaderboard = z.infer<typeof leaderboard>;

/** `ended`: no work is given out until the room is opened again. */
export const roomState = z.enum(['open', 'ended']);
export type RoomState = z.infer<typeof roomState>;

/** Room-wide figures, counted by the coordinator at its sockets and HTTP responses. */
export const roomStats = z.strictObject({
  roomState,
  workersConnected: count,
  imagesPerSecond: finite,
  bytesIn: count,
  bytesOut: count,
  uptimeMs: count,
});
export type RoomStats = z.infer<typeof roomStats>;
