import type { Placement } from '@gradpool/protocol';

/** How a trial is trained, in words. */
export const placementTexts: Readonly<Record<Placement, string>> = {
  alone: 'by one worker at a time',
  exact: 'pooled, exact: by many workers, with the same bits whoever helps',
  local: 'pooled, local: by many workers, not bit-reproducible',
};

/** The same for a badge; nothing for the usual case. */
export const placementMarks: Readonly<Record<Placement, string | null>> = {
  alone: null,
  exact: 'pooled, exact',
  local: 'pooled, local',
};

/** What a table has to say of rows that were not all trained in one way; null where nothing needs saying. */
export function placementNote(placements: readonly Placement[]): string | null {
  const kinds = new Set(placements);
  if (!kinds.has('local') && kinds.size < 2) return null;
  const mixed =
    kinds.size > 1
      ? 'Not all of these cells were trained in one way: those marked “pooled” by many workers together, the others by one worker each. '
      : 'These cells were trained by many workers together. ';
  const local = kinds.has('local')
    ? 'Cells marked “pooled, local” are not bit-reproducible: other workers, or the same ones at other moments, end with other weights, so a small difference between cells may be one between ways to train.'
    : 'A pooled step adds gradients in another way than one worker does: the last bits differ from those of the same cell trained alone.';
  return mixed + local;
}
