import type { Leaderboard } from '@gradpool/protocol';
import { namingParameters, parametersLabel } from '../screen/parameters.ts';
import { formatMse } from '../screen/units.ts';
import { curveOf } from './charts.tsx';
import type { EndMap } from './end-maps.ts';
import type { CellDetail } from './report-data.ts';

/** How far the error on held-out pictures lies above that on as many that the models have seen, by the best seed of each cell. */
export function overfitSentences(board: Leaderboard, details: Iterable<CellDetail>): string[] {
  const names = namingParameters(board.rows);
  const gaps = [...details].flatMap(({ row, points }) => {
    const gap = curveOf(points, 'overfit_gap').at(-1)?.y;
    const validation = curveOf(points, 'validation_mse').at(-1)?.y;
    if (gap === undefined || validation === undefined || validation === gap) return [];
    return [{ label: parametersLabel(row.parameters, names) || 'the cell', gap, share: gap / (validation - gap) }];
  });
  gaps.sort((a, b) => a.share - b.share);
  const [least, most] = [gaps[0], gaps.at(-1)];
  if (!least || !most) return [];
  const said = ({ label, gap, share }: typeof most): string =>
    `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)} % (${formatMse(Math.abs(gap), 5)}) for ${label}`;
  const where = 'After the last epoch the error on held-out pictures differs from that on as many training pictures by';
  return [
    least === most ? `${where} ${said(most)}.` : `${where} ${said(least)} at the least and ${said(most)} at the most.`,
  ];
}

/** What the maps of the best and the worst trial say in figures. */
export function codeSentences(board: Leaderboard, maps: readonly EndMap[]): string[] {
  const names = namingParameters(board.rows);
  const [best, worst] = maps;
  const said = ({ trial, separation: { codes, tsne } }: EndMap): string =>
    `${parametersLabel(trial.parameters, names) || `seed ${trial.seed}`}: ${percent(codes.neighbourAccuracy)} of the codes lie among ` +
    `their own class, silhouette ${codes.silhouette.toFixed(3)} (by t-SNE ${percent(tsne.neighbourAccuracy)} and ${tsne.silhouette.toFixed(3)})`;
  if (!best || !worst) return [];
  const sentences = [`Best, ${said(best)}.`, `Worst, ${said(worst)}.`];
  // Of a classifier, say, the best is best because it was shown the classes.
  if (board.metric !== 'test_mse') return sentences;
  const gain = best.separation.codes.neighbourAccuracy - worst.separation.codes.neighbourAccuracy;
  const verdict =
    gain > 0
      ? 'The better reconstructions come with the codes that tell classes apart better, though no class was ever shown in training.'
      : 'The better reconstructions come with codes that tell classes apart no better: the error rewards detail, not classes.';
  return [...sentences, verdict];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
