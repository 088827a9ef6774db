import type { MetricPoint } from '@gradpool/protocol';

/** Values by epoch, epochs rising. */
export interface Curve {
  readonly epochs: readonly number[];
  readonly values: readonly number[];
}

export type AttemptPoint = MetricPoint & { readonly attempt: number };

/**
 * The curve of one metric over all attempts of a trial. A later attempt goes on from a checkpoint, or starts again: where
 * both have an epoch the later one counts.
 */
export function curveOf(points: readonly AttemptPoint[], name: string): Curve {
  const newest = new Map<number, AttemptPoint>();
  for (const point of points) {
    if (point.name !== name) continue;
    const known = newest.get(point.epoch);
    if (!known || known.attempt <= point.attempt) newest.set(point.epoch, point);
  }
  const rising = [...newest.values()].sort((a, b) => a.epoch - b.epoch);
  return { epochs: rising.map(({ epoch }) => epoch), values: rising.map(({ value }) => value) };
}

/** Names of the metrics that there are points of, in order of first sight. */
export const metricNames = (points: readonly AttemptPoint[]): string[] => [...new Set(points.map(({ name }) => name))];

/** Columns over the epochs that any of the curves has; null where a curve has none. First the epochs themselves. */
export function alignedCurves(curves: readonly Curve[]): [number[], ...(number | null)[][]] {
  const epochs = [...new Set(curves.flatMap((curve) => curve.epochs))].sort((a, b) => a - b);
  const columns = curves.map((curve) => {
    const values = new Map(curve.epochs.map((epoch, i) => [epoch, curve.values[i] ?? null]));
    return epochs.map((epoch) => values.get(epoch) ?? null);
  });
  return [epochs, ...columns];
}
