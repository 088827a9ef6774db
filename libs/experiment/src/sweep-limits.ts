/** Bounds on a sweep file; a file beyond one is refused, never cut. */
export const sweepLimits = {
  textCharsMax: 262_144,
  valuesPerParameterMax: 1_000,
  cellsMax: 20_000,
  seedsMax: 1_000,
  trialsMax: 200_000,
  retryMax: 100,
  /** Draws in a row that found nothing new, per cell wanted, after which a random sweep has found what there is. */
  repeatedDrawsPerCellMax: 20,
} as const;
