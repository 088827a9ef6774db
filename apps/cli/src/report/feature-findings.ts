import { scoreDifferenceText } from '@gradpool/experiment';
import type { Leaderboard, LeaderboardRow } from '@gradpool/protocol';
import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { alpha, pairedComparisons, type Comparison, type ComparedCells } from './comparisons.ts';
import type { SeedErrors } from './slices.ts';

/** What every classifier on features is compared with: the same one on raw pixels. */
const rival = 'pixels';

export interface FeatureFinding {
  readonly sentences: readonly string[];
  readonly comparisons: readonly Comparison[];
}

/** Classifiers on features against the same classifier on raw pixels, at each number of labels (and of whatever else varies). */
export function featureFinding(board: Leaderboard, errors: SeedErrors): FeatureFinding {
  const pairs = featurePairs(board);
  const comparisons = pairedComparisons(pairs, errors);
  const sentences = comparisons.map(({ label, difference, ci95, adjusted, pairs: seeds }) => {
    const sure = ci95 !== null && Math.abs(difference) > ci95;
    const interval =
      ci95 === null
        ? `, one seed`
        : `, ± ${scoreDifferenceText(board.metric, ci95)} over ${seeds} seeds: the interval ${sure ? 'excludes' : 'holds'} zero`;
    if (difference === 0) return `${label}: level with raw pixels.`;
    const ahead = difference > 0 ? 'ahead of' : 'behind';
    const settled = adjusted <= alpha ? ', significant after the correction' : '';
    return `${label}: ${scoreDifferenceText(board.metric, Math.abs(difference))} ${ahead} raw pixels${interval}${settled}.`;
  });
  return { sentences, comparisons };
}

function featurePairs({ rows }: Leaderboard): ComparedCells[] {
  const names = namingParameters(rows);
  const others = names.filter((name) => name !== 'features');
  const placeOf = ({ parameters }: LeaderboardRow): string => parametersLabel(parameters, others);
  const rivals = new Map(rows.filter(isRival).map((row) => [placeOf(row), row]));
  return rows.flatMap((row) => {
    const other = isRival(row) ? undefined : rivals.get(placeOf(row));
    return other && 'features' in row.parameters
      ? [{ label: parametersLabel(row.parameters, names), a: row, b: other }]
      : [];
  });
}

const isRival = ({ parameters }: LeaderboardRow): boolean => parameters['features'] === rival;
