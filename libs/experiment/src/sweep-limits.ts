/** Bounds on a sweep file; a file beyond one is refused, never cut. */
export const sweepLimits = {
  textCharsMax: 262_144,
  valuesPerParameterMax: 1_000,
  cellsMax: 20_000,
  seedsMax: 1_000,
  trialsMax: 200_000,
  retryMax: 100,
  /** Draws of a random sweep per cell wanted; more means that the space holds too few different cells. */
  drawsPerCellMax: 50,
} as const;
