/** Of scores that are to be high for the pictures that stand out. */
export interface RocCurve {
  /** Area under the curve: the chance that one that stands out scores higher than one that does not; ties count half. */
  readonly auc: number;
  /** [false positive rate, true positive rate], from [0, 0] to [1, 1], the threshold falling. */
  readonly points: readonly (readonly [number, number])[];
}

/** The curve of `scores` against `stands`, with at most `pointsMax` points. Both kinds must occur. */
export function rocCurve(scores: Float64Array, stands: readonly boolean[], pointsMax: number): RocCurve {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  const positives = stands.filter(Boolean).length;
  const negatives = stands.length - positives;
  const points: [number, number][] = [[0, 0]];
  let [found, mistaken, area] = [0, 0, 0];
  for (let first = 0; first < order.length;) {
    const [before, wrongBefore] = [found, mistaken];
    let next = first;
    // Equal scores pass the threshold together.
    for (; next < order.length && scores[order[next]!] === scores[order[first]!]; next += 1) {
      if (stands[order[next]!]) found += 1;
      else mistaken += 1;
    }
    area += ((mistaken - wrongBefore) * (found + before)) / 2;
    points.push([mistaken / negatives, found / positives]);
    first = next;
  }
  return { auc: area / (positives * negatives), points: thinned(points, pointsMax) };
}

function thinned<Point>(points: readonly Point[], most: number): Point[] {
  if (points.length <= most) return [...points];
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]!);
}
