/** Every bound and pace of a worker, units last. */
export const workerLimits = {
  /** Progress of one lease goes out at most this often. */
  progressMs: 250,
  /** Points sent on a connection within this long before it was lost are sent again on the next. */
  pointsResendMs: 60_000,
  /** Points kept for sending (again) per lease; beyond it the oldest go. */
  pointsKeptMax: 4_096,
  /** Pictures kept for sending (again) per lease; beyond it the oldest go. */
  picturesKeptMax: 8,
  /** First checkpoint of a lease after this much work, so that a worker killed early loses little. */
  firstCheckpointMs: 4_000,
  /** Then at most this often. */
  checkpointMs: 10_000,
  /** Sending checkpoints takes at most one part in this many of the time (and so of the uplink). */
  checkpointUplinkShare: 10,
  /** A connection that has opened but brings no welcome in this long is given up. */
  greetingMs: 10_000,
  reconnectFirstMs: 250,
  reconnectMaxMs: 2_000,
  /** After a failed lease a worker waits this long before it pulls, doubling to the maximum. */
  failureFirstMs: 250,
  failureMaxMs: 10_000,
  /** A lease that needs less than this is finished when the worker drains. */
  nearlyDoneMs: 2_000,
  /** Longest orderly drain, and longest one without a connection. */
  drainMs: 10_000,
  drainOfflineMs: 2_500,
  /** Attempts at one fetch, a checkpoint and the weights of a result, with waits doubling from the first to the maximum. */
  fetchAttemptsMax: 10,
  checkpointAttemptsMax: 2,
  resultAttemptsMax: 100,
  transferFirstMs: 250,
  transferMaxMs: 8_000,
  /** Failures of the backend itself in a row after which the process ends, so that a fresh one takes over. */
  backendFailuresMax: 2,
} as const;
export type WorkerLimits = { readonly [Key in keyof typeof workerLimits]: number };
