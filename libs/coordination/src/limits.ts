/** Every bound and period of the core, with its unit last in the name. Nothing else in this room holds such a number. */
export const coordinationLimits = {
  /** How often a worker says which leases it holds. */
  heartbeatMs: 2_000,
  /** A lease without a sign of life for this long is lost. */
  leaseMs: 9_000,
  /** Time to come back after a socket closed unexpectedly. */
  graceMs: 4_000,
  /** Time to come back after the coordinator itself was restarted. */
  restartGraceMs: 12_000,
  /** Time to store a checkpoint and hand back when a sweep is paused. */
  pauseGraceMs: 30_000,
  /** How often the shell says that time passed. */
  tickMs: 250,

  /**
   * A claimed score may differ from the recomputed one by this share of it, and where more is better also by no more than
   * this much: backends round differently, and a few pictures that stand on the edge between two classes fall to either.
   */
  claimToleranceRatio: 0.01,
  claimToleranceMax: 0.002,
  /** Evaluators that may err on one trial's weights before the claim counts as rejected. */
  verifyErrorsMax: 3,
  /** Errors after which a baseline is given up until the next restart. */
  baselineErrorsMax: 3,
  /** A verification or baseline that takes longer than this is lost, heartbeats or not. */
  evaluationMsMax: 1_800_000,
  /** First pause before an evaluation that erred is tried again; doubles each time. */
  evaluationRetryMs: 1_000,
  /** Errors after which an embedding is given up until the next restart. */
  embeddingErrorsMax: 3,
  /** Embeddings that may wait or be under way at a time. */
  embeddingsWaitingMax: 32,
  /** An embedding that takes longer than this is lost, heartbeats or not. */
  embeddingMsMax: 600_000,
  /** Complete sweeps, the last ones, whose best and worst trials a restart looks at. */
  embeddingSweepsMax: 8,
  /** Errors after which the parameters of one epoch of a pooled trial are left without a validation figure. */
  validationErrorsMax: 3,
  /** A validation that takes longer than this is lost, heartbeats or not. */
  validationMsMax: 600_000,
  /** Baselines of one noise factor that one lease computes together. */
  baselineTasksPerLeaseMax: 64,

  /** Errors in a row that a worker may make before it rests. */
  workerErrorsFree: 3,
  /** First rest of a worker that keeps erring; doubles with each further error. */
  workerRestMs: 2_000,
  workerRestMsMax: 60_000,
  /** A busy worker whose work has not moved for this long is not waited for. */
  eligibleStallMs: 120_000,
  /** An idle worker that wants nothing still counts as somebody to try a trial on for this long. */
  eligibleIdleMs: 5_000,

  /** Progress is turned into a speed over at least this long. */
  speedSampleMs: 2_000,
  /** Weight of a new sample in the moving average of a worker's speed. */
  speedSampleWeight: 0.3,
  /** A sample further than this factor from the average is cut to it. */
  speedChangeRatioMax: 4,
  /** Speed of a worker that measured none. */
  flopsPerSecondDefault: 1e9,
  /** After this long, a lease with less than a quarter of the predicted progress is taken at its observed speed. */
  stallMs: 15_000,

  /** How often running trials are compared with idle workers. */
  speculateMs: 1_000,
  /** A copy must be predicted to finish this many times sooner than the lease it copies… */
  copyAdvantageRatioMin: 1.5,
  /** …and this much sooner. */
  copySavingMsMin: 2_000,
  /** Running trials that one idle worker is compared with. */
  copyCandidatesMax: 32,
  /** Waiting trials that are looked at for one whose checkpoint is of the worker's numeric class. */
  classLookahead: 16,

  /** Where a worker's share of a round takes longer than this, its first lease is only so much of it: what changes meanwhile is made up for by the second. */
  microSplitMs: 3_000,
  microFirstShare: 0.6,
  /** A worker may end so much of one micro-batch later than the others. */
  microPartTolerance: 0.1,
  /** Workers among whom a round is shared by their predicted ends; among more it is shared by their speeds. */
  microPlannedMax: 256,
  /** Micro-batches in the hands of a worker for longer than this are lost to it, heartbeats or not. */
  microLeaseMsMax: 120_000,
  /** A worker that so many rounds in a row had nothing for gets one micro-batch to be measured anew; after twice as many where that did not help, up to the most. */
  microProbeRounds: 16,
  microProbeRoundsMax: 256,
  /** A worker that has done its part is expected to ask for the next within this long, and is not waited for after that. */
  microAskMs: 500,
  /** They are given to a second worker once it would have done them this many times over, or the first is so many times over its predicted time… */
  microCopyRatio: 2,
  microLateRatio: 1.5,
  /** …and no sooner than this. */
  microCopyMsMin: 500,
  /** Longest round of local mode: a slower worker, or a larger model, takes fewer steps. */
  laneRoundMsMax: 30_000,
  /** A lane that would have less than this share of a round left waits for the next one. */
  laneShareMin: 0.1,
  /** A round waits for no lane once its answers hold this share of the images that it gave out: the rest counts in the next one. */
  laneQuorumShare: 0.8,
  /** A round waits for its last lanes until it has taken so many times as long as planned… */
  laneGraceRatio: 1.5,
  /** …and this much more. */
  laneGraceMs: 500,
  /** The fastest worker sets how long a round is, taken at no more than so many times the median speed. */
  laneSpeedRatioMax: 16,
  /** A worker that no pooled round needs for so long trains a trial meanwhile: shorter gaps are not worth two hand-overs. */
  gapMsMin: 10_000,
  /** One that trains meanwhile is preferred to one that waits for rounds only where it is so many times faster. */
  gapSwapRatio: 1.5,
  /** A pooled run has collapsed when its loss is above so many times its first round's… */
  collapseRatio: 2,
  /** …for so many rounds in a row: of one step each, and of many in local mode. */
  collapseRoundsExact: 100,
  collapseRoundsLocal: 16,
  /** A pooled run has diverged when everyone who trains finds its loss not finite within one round, and so often in all. */
  divergedErrorsMin: 3,
  /** Errors within one round after which a pooled trial counts as erred. */
  roundErrorsMax: 12,

  /** A prediction beyond this is none. */
  etaMsMax: 1e12,

  sweepsMax: 10_000,
  trialsPerSweepMax: 100_000,
  baselinesPerSweepMax: 4_096,
  /** Workers kept in memory; the ones away longest are forgotten first. */
  workersKnownMax: 20_000,
  /** Workers that `listWorkers` returns. */
  workersListedMax: 2_000,
  /** Pooled runs of a sweep that a view shows, and workers of each. */
  pooledRunsShownMax: 16,
  helpersShownMax: 64,
  /** A helper is shown as slow below this part of the middle speed. */
  helperSlowRatio: 4,
  /** Numeric classes named in a row of the leaderboard. */
  classesListedMax: 8,
  /** Ended leases remembered for a precise refusal. */
  endedLeasesMax: 10_000,
  /** Segments kept per trial. */
  segmentsMax: 1_000,
  textCharsMax: 2_000,
} as const;
