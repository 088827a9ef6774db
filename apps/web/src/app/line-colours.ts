/**
 * Line colours that eyes of every kind tell apart: Okabe and Ito, Color Universal Design (2008), without the black and
 * the yellow, which vanish on one of the two backgrounds.
 */
const hues = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'] as const;
const dashes = [[], [8, 4], [2, 3], [10, 3, 2, 3]] as const;

export interface LineLook {
  readonly colour: string;
  /** Lengths of strokes and gaps in pixels; empty for a whole line. */
  readonly dash: readonly number[];
}

/** Look of line `index`: first the colours, then the same colours dashed. */
export function lineLook(index: number): LineLook {
  const round = Math.floor(index / hues.length);
  return { colour: hues[index % hues.length] ?? hues[0], dash: dashes[round % dashes.length] ?? [] };
}
