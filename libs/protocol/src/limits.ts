/** Bounds that both ends of a socket rely on. A unit stands last in each name. */
export const protocolVersion = 1;
/** The oldest version that this build still speaks. */
export const oldestProtocolVersion = 1;

/** Bounds on a frame before it is decoded. The largest honest frame is a `changes` or `snapshot` of full rows. */
export const frameLimits = {
  /** Maps and arrays inside each other. */
  depthMax: 16,
  /** Values of any kind in one frame, map keys included. */
  valuesMax: 250_000,
} as const;

export const wireLimits = {
  /** Largest frame either end accepts. Weights travel over HTTP, so a control frame is small. */
  frameBytesMax: 1_048_576,
  nameCharsMax: 64,
  textCharsMax: 2_000,
  /** Metric points in one progress message. */
  pointsMax: 256,
  /** Reconstructions after one epoch. */
  pictureBytesMax: 131_072,
  /** Leases one worker may hold at a time (slots). */
  leasesPerWorkerMax: 64,
  /** Rows in one viewer message; a larger change is sent in several. */
  viewRowsMax: 2_000,
  /** One vector of a pooled round that travels over the socket, and one part of it; larger ones travel over HTTP. */
  vectorBytesMax: 6 * 1_048_576,
  vectorPartBytesMax: 524_288,
  /** Changes of the parameters that a lease of a local round names. */
  changesMax: 8,
  /** Pooled runs of a sweep that a view shows, and workers of each. */
  pooledRunsShownMax: 16,
  helpersShownMax: 64,
  /** Figures of one trial beside its score, and bytes of what goes with them (a confusion matrix, the points of a curve). */
  measuresMax: 64,
  detailsBytesMax: 262_144,
  /** Values in one baseline result. */
  baselineValuesMax: 4_096,
  /** Depth and key count of a trial's spec as it crosses the wire. */
  specKeysMax: 64,
} as const;
