import { metricOf, scoreText } from '@gradpool/experiment';
import type { Leaderboard, LeaderboardRow } from '@gradpool/protocol';
import { figureColumns } from './cell-figures.ts';
import type { Look } from './paint.ts';
import { fixedParameters, parametersLabel, varyingParameters } from './parameters.ts';
import { placementMark } from './placement-note.ts';
import { clip, tableLines } from './table.ts';
import { formatPlural, mseDecimals } from './units.ts';

/** Best first: the ranked rows (3 seeds or more), then the others by their mean. */
export function rankedRows(board: Leaderboard): LeaderboardRow[] {
  const sign = board.goal === 'minimize' ? 1 : -1;
  return [...board.rows].sort(
    (a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity) || sign * (a.mean - b.mean) || (a.cellId < b.cellId ? -1 : 1),
  );
}

/** Narrower terminals get the ranking without what the cells cost. */
const figuresColumnsMin = 130;

/** One line per cell, at most `top` of them. `parameters` that are the same everywhere are said once, above. */
export function rankingLines(board: Leaderboard, look: Look, top: number): string[] {
  const { paint } = look;
  const rows = rankedRows(board);
  const decimals = mseDecimals(rows.map(({ mean }) => mean));
  if (rows.length === 0) return [clip(`  ${paint.bold(board.name)}: no verified result yet`, look)];
  const varying = varyingParameters(rows);
  const fixed = fixedParameters(rows);
  const same = parametersLabel(rows[0]?.parameters ?? {}, fixed);
  const figures = look.columns < figuresColumnsMin ? [] : figureColumns(rows);
  const table = tableLines(
    [
      { title: 'rank', align: 'right' },
      { title: 'cell', flexible: true },
      { title: metricOf(board.metric).label, align: 'right' },
      { title: '95 % interval' },
      { title: 'n', align: 'right' },
      ...figures.map(({ title }) => ({ title, align: 'right' as const })),
    ],
    rows
      .slice(0, top)
      .map((row) => [
        row.rank === null ? '-' : paint.bold(String(row.rank)),
        parametersLabel(row.parameters, varying.length > 0 ? varying : fixed) + placementMark[row.provenance.placement],
        scoreText(board.metric, row.mean, decimals),
        row.ci95 === null || row.n < 3 ? '' : `±${scoreText(board.metric, row.ci95, decimals)}`,
        String(row.n),
        ...figures.map((figure) => figure.of(row)),
      ]),
    look,
  );
  const hidden = rows.length - Math.min(top, rows.length);
  return [
    clip(`  ${paint.bold(board.name)}: ranking of ${formatPlural(rows.length, 'cell')}`, look),
    ...(same && varying.length > 0 ? [clip(paint.dim(`  the same in every cell: ${same}`), look)] : []),
    '',
    ...table,
    ...(hidden > 0
      ? [clip(paint.dim(`  and ${formatPlural(hidden, 'more', 'more')} (--top ${rows.length})`), look)]
      : []),
    ...(rows.some((row) => row.rank === null)
      ? ['', clip(paint.dim('  -: fewer than 3 seeds, so listed but not ranked.'), look)]
      : []),
  ];
}
