import type { Leaderboard, Placement } from '@gradpool/protocol';
import type { Look } from './paint.ts';
import { clip } from './table.ts';

const words: Readonly<Record<Placement, string>> = {
  alone: 'by one worker each',
  exact: 'pooled, in exact mode',
  local: 'pooled, in local mode (not bit-reproducible)',
};

/** How the cells of a table were trained, where they were not all trained by one worker each: unlike is not to be compared in silence. */
export function placementLines({ rows }: Leaderboard, look: Look): string[] {
  const counts = new Map<Placement, number>();
  for (const { provenance } of rows) counts.set(provenance.placement, (counts.get(provenance.placement) ?? 0) + 1);
  if (counts.size === 0 || (counts.size === 1 && counts.has('alone'))) return [];
  const parts = [...counts].map(([placement, cells]) => `${counts.size > 1 ? `${cells} ` : ''}${words[placement]}`);
  return ['', clip(look.paint.dim(`  trained ${parts.join(', ')}`), look)];
}

/** Stands behind the parameters of a cell that many workers trained. */
export const placementMark: Readonly<Record<Placement, string>> = {
  alone: '',
  exact: ' [pooled]',
  local: ' [pooled, local]',
};
