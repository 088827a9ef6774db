import { scaleSequential, scaleSequentialLog } from 'd3-scale';
import { interpolateCividis } from 'd3-scale-chromatic';

/** A colour for each value of a map, made for eyes that do not tell red from green. */
export interface HeatColours {
  readonly low: number;
  readonly high: number;
  readonly background: (value: number) => string;
  /** Black or white, whichever reads better on that background. */
  readonly ink: (value: number) => 'black' | 'white';
}

/** Above this ratio of the largest to the smallest value a linear scale would hide the differences between good cells. */
const logRatioMin = 4;

/** Null where there is nothing to colour. */
export function heatColours(values: readonly number[]): HeatColours | null {
  if (values.length === 0) return null;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const scale = low > 0 && high / low > logRatioMin ? scaleSequentialLog : scaleSequential;
  const position = scale<number>([low, low === high ? low + 1 : high], (share) => share);
  return {
    low,
    high,
    background: (value) => interpolateCividis(position(value)),
    ink: (value) => (position(value) > 0.48 ? 'black' : 'white'),
  };
}

/** The scale as a CSS gradient, from `low` to `high`. */
export const heatGradient = (): string =>
  `linear-gradient(to right, ${Array.from({ length: 9 }, (_, i) => interpolateCividis(i / 8)).join(', ')})`;
