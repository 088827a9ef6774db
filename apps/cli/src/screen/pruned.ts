import { scoreText, validationLabel } from '@gradpool/experiment';
import { rungMetric, type Leaderboard } from '@gradpool/protocol';
import type { Look } from './paint.ts';
import { parametersLabel, varyingParameters } from './parameters.ts';
import { clip } from './table.ts';
import { formatPlural } from './units.ts';

/** Which cells of a sweep were stopped early, and why they are not ranked; at most `top` by name. Nothing where none was. */
export function prunedLines(board: Leaderboard, look: Look, top: number): string[] {
  const { pruned, rows } = board;
  const { like } = rungMetric(board);
  if (pruned.length === 0) return [];
  const { paint } = look;
  const saved = pruned.reduce((sum, { epochsSaved }) => sum + epochsSaved, 0);
  const names = varyingParameters([...rows, ...pruned]);
  const lines = pruned.slice(0, top).map(({ parameters, epoch, place, of, kept, mean }) => {
    const why = `place ${place} of ${of} after epoch ${epoch}, ${validationLabel(like)} ${scoreText(like, mean)}; the best ${kept} went on`;
    return `    ${parametersLabel(parameters, names)}: ${why}`;
  });
  const hidden = pruned.length - lines.length;
  return [
    `  ${paint.bold(formatPlural(pruned.length, 'cell'))} stopped early, so not ranked; ${formatPlural(saved, 'epoch')} saved:`,
    ...lines,
    ...(hidden > 0 ? [paint.dim(`    and ${hidden} more`)] : []),
  ].map((line) => clip(line, look));
}
