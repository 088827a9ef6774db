/** Every bound of the coordinator's shell, with its unit at the end of the name. */
export const coordinatorLimits = {
  /** Open sockets, workers and viewers together. */
  connectionsMax: 4_096,
  /** A connection that has not said hello or watch by then is closed. */
  helloMs: 10_000,
  /** How long a peer that is closed may take to answer it: then the connection is broken off. */
  closeGraceMs: 2_000,
  /** Frames a connection may have waiting (an earlier one is still being screened, or the loop is saturated). */
  inboxFramesMax: 256,
  inboxBytesMax: 4 * 1_048_576,
  /** Token bucket per connection: frames a second in the long run, and at once. */
  framesPerSecondMax: 4_000,
  framesBurstMax: 8_000,
  /** Bytes a worker's socket may have waiting to go out before it is closed as too slow. */
  outgoingBytesMax: 8 * 1_048_576,
  /** Bytes a viewer's socket may have waiting before it skips changes (it gets a fresh snapshot once it has drained). */
  viewerOutgoingBytesMax: 2 * 1_048_576,
  /** Events stepped but not yet stored above which sockets are not read. */
  pendingEventsMax: 10_000,
  /** Metric points not yet stored above which their sender has to wait. */
  pointsWaitingMax: 20_000,
  /** Ping that tells a dead viewer's socket from a quiet one. */
  pingMs: 15_000,
  /** `changes` go out at most this often. */
  changesMs: 250,
  /** Where more workers than this have changed, their rows go to viewers at most every `crowdMs`. */
  crowdMin: 8,
  crowdMs: 1_000,
  /** While workers report progress, viewers get their sweeps' time left anew so often. */
  estimateMs: 5_000,
  /** A sweep's ranking is read again for viewers at most this often. */
  rankingMs: 1_000,
  /** Sweeps in a snapshot, the newest; the HTTP API lists them all. */
  snapshotSweepsMax: 1_000,
  /** Metric points kept for the next `changes`; later ones of the same trial, epoch and name are the same point. */
  viewerPointsMax: 2_000,
  /** Time clients are told to wait before they reconnect to a coordinator that stops. */
  reconnectMs: 2_000,
  /** Longest an orderly stop waits for sockets and HTTP answers to end. */
  closeMs: 2_000,
  /** An artifact that nothing refers to is kept this long: its result may still be under way. */
  orphanMs: 10 * 60_000,
  /** How often files that nothing needs any more are looked for. */
  retentionMs: 60_000,
  /** Uploads at once, all clients together. */
  uploadsMax: 64,
  /** Sums of gradients in memory until their results come, and how long at most; beyond, they go through the disk. */
  sumUploadBytesMax: 512 * 1_048_576,
  sumUploadMs: 60_000,
  /** Vectors that come over sockets ahead of their results, all workers together. */
  vectorInboxBytesMax: 512 * 1_048_576,
  /** Memory of vectors that were added up, kept for the next ones. */
  vectorSpareBytesMax: 64 * 1_048_576,
  /** Vectors of at least this length lie in memory that threads share. */
  vectorSharedBytesMin: 1_048_576,
  /** A pooled run with more parameters has its vectors in a thread of its own, so that no order holds the event loop over 10 ms, with 30 workers: in exact mode… */
  loopParametersMax: 300_000,
  /** …in local mode, where vectors are decoded and encoded… */
  loopLocalParametersMax: 120_000,
  /** …and where rounds take ten times as long and more: without SIMD, or with a robust mean. */
  loopSlowParametersMax: 10_000,
  /** The digest of a pooled run's parameters is computed for viewers at most this often, and for whatever is stored. */
  pooledDigestMs: 250,
  /** A pooled run stores where it stands after so many rounds or so long, whichever comes first. */
  pooledCheckpointRounds: 500,
  pooledCheckpointMs: 10_000,
  /** A gradient whose norm is more than so many times the median of the run's last ones is refused… */
  pooledNormRatioMax: 100,
  pooledNormSamples: 64,
  /** …once there are so many to compare it with. */
  pooledNormSamplesMin: 8,
  /** Cells and trials of one sweep. */
  cellsMax: 20_000,
  trialsMax: 100_000,
} as const;

export type CoordinatorLimits = { readonly [Name in keyof typeof coordinatorLimits]: number };
