import { schemeTableau10 } from 'd3-scale-chromatic';

/** Ten colours that light and dark pages show alike; further classes start over. */
export const classColour = (label: number): string => schemeTableau10[label % schemeTableau10.length] ?? 'grey';

/** Places within a square of `side` pixels, their shape kept, [count, 2]. */
export function fittedPlaces(places: Float32Array, side: number, margin: number): Float32Array {
  const [x, y] = [0, 1].map((axis) => {
    const values = places.filter((_, i) => i % 2 === axis);
    const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    return { middle: (low + high) / 2, span: high - low };
  }) as [Axis, Axis];
  const scale = (side - 2 * margin) / (Math.max(x.span, y.span) || 1);
  return places.map((value, i) => side / 2 + (value - (i % 2 === 0 ? x : y).middle) * scale);
}

interface Axis {
  readonly middle: number;
  readonly span: number;
}

/** Number of the place nearest to a point, if one is within `reach` pixels; else null. */
export function nearestPlace(fitted: Float32Array, x: number, y: number, reach: number): number | null {
  let [nearest, least]: [number | null, number] = [null, reach * reach];
  for (let i = 0; i < fitted.length / 2; i += 1) {
    const away = (fitted[2 * i]! - x) ** 2 + (fitted[2 * i + 1]! - y) ** 2;
    if (away < least) [nearest, least] = [i, away];
  }
  return nearest;
}
