import type { Placement } from '@gradpool/protocol';
import type { Trial } from './state.ts';

/** Trained by many workers together; any other trial by one at a time. */
export function isPooled({ row }: Pick<Trial, 'row'>): boolean {
  return row.spec['pooled'] !== undefined;
}

/** Local mode's weights depend on who helped, and when. */
export function placementOf(trial: Pick<Trial, 'row'>): Placement {
  const pooled = trial.row.spec['pooled'];
  if (!isPooled(trial)) return 'alone';
  const local = typeof pooled === 'object' && pooled !== null && 'mode' in pooled && pooled['mode'] === 'local';
  return local ? 'local' : 'exact';
}
