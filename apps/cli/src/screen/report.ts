import type { Leaderboard, TrialView } from '@gradpool/protocol';
import { baselineLines } from './baselines.ts';
import { gridOf, gridLines } from './grid.ts';
import type { Look } from './paint.ts';
import { namingParameters, parametersLabel } from './parameters.ts';
import { placementLines } from './placement-note.ts';
import { prunedLines } from './pruned.ts';
import { rankingLines } from './ranking.ts';
import { clip } from './table.ts';
import { formatPlural } from './units.ts';

/** Most cells that were stopped early and are told by name: they are the many. */
const prunedShownMax = 8;

/** What a sweep has found: the grid with its baselines, or the ranking where the sweep is no such grid. */
export function reportLines(board: Leaderboard, look: Look, top = 20): string[] {
  const grid = gridOf(board);
  const placement = placementLines(board, look);
  const pruned = prunedLines(board, look, Math.min(top, prunedShownMax));
  const notes = [...placement, ...(pruned.length > 0 ? ['', ...pruned] : [])];
  if (!grid) return [...rankingLines(board, look, top), ...notes];
  const baselines = baselineLines(board, grid, look);
  return [...gridLines(board, grid, look), ...(baselines.length > 0 ? ['', ...baselines] : []), ...notes];
}

/** Why a sweep is not whole: one line per failed trial, at most `max` of them. */
export function failureLines(trials: readonly TrialView[], look: Look, max = 5): string[] {
  const failed = trials.filter((trial) => trial.state === 'failed');
  if (failed.length === 0) return [];
  const names = namingParameters(trials);
  return [
    look.paint.red(`  ${formatPlural(failed.length, 'trial')} failed:`),
    ...failed.slice(0, max).map((trial) => `    ${failureText(trial, names)}`),
    ...(failed.length > max ? [`    and ${failed.length - max} more`] : []),
  ].map((line) => clip(line, look));
}

function failureText({ parameters, seed, errorCode, errorMessage }: TrialView, names: readonly string[]): string {
  const label = [parametersLabel(parameters, names), `seed ${seed}`].filter(Boolean).join(', ');
  return `${label}: ${errorCode ?? 'E_WORK'}: ${errorMessage ?? 'no reason given'}`;
}
