import type { Trial } from './state.ts';

/** Trained by many workers together; any other trial by one at a time. */
export function isPooled({ row }: Pick<Trial, 'row'>): boolean {
  return row.spec['pooled'] !== undefined;
}

/** Whose weights depend on who helped, and when. */
export function isLocal({ row }: Pick<Trial, 'row'>): boolean {
  const pooled = row.spec['pooled'];
  return typeof pooled === 'object' && pooled !== null && 'mode' in pooled && pooled['mode'] === 'local';
}
