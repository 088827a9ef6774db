import type { LeaderboardRow } from '@gradpool/protocol';

/** A row of the ranking for tests: three seeds, told apart by its parameters. */
export function sampleRow(parameters: Readonly<Record<string, number>>, mean: number): LeaderboardRow {
  return {
    cellId: Object.values(parameters).join('/') as LeaderboardRow['cellId'],
    parameters,
    n: 3,
    mean,
    sd: 0,
    ci95: 0.001,
    rank: null,
    measures: {},
    provenance: { bestTrialId: 't' as never, numericClasses: ['wasm'], placement: 'alone', bitExact: true, workers: 1 },
  };
}
