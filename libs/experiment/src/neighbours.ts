/** Squared Euclidean distances of all pairs of rows, [count, count]. `points`: [count, size]. */
export function squaredDistances(points: Float32Array, count: number): Float32Array {
  const size = points.length / count;
  const distances = new Float32Array(count * count);
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      let sum = 0;
      for (let k = 0; k < size; k += 1) sum += (points[i * size + k]! - points[j * size + k]!) ** 2;
      distances[i * count + j] = distances[j * count + i] = sum;
    }
  }
  return distances;
}

export interface Labelled {
  /** Rows, [count, size]. */
  readonly points: Float32Array;
  /** One for each row. */
  readonly labels: Uint8Array;
}

/**
 * Share of the rows whose label is that of most of their `neighbours` nearest other rows; of labels that are as frequent, the
 * one seen nearest counts. Throws RangeError where there are not so many others.
 */
export function neighbourAccuracy({ points, labels }: Labelled, neighbours: number): number {
  const count = labels.length;
  if (count <= neighbours)
    throw new RangeError(`${count} points have no ${neighbours} neighbours each; take more points`);
  const distances = squaredDistances(points, count);
  let right = 0;
  for (let i = 0; i < count; i += 1) {
    const row = distances.subarray(i * count, (i + 1) * count);
    const others = Array.from({ length: count }, (_, j) => j).filter((j) => j !== i);
    others.sort((a, b) => row[a]! - row[b]!);
    if (mostFrequent(others.slice(0, neighbours).map((j) => labels[j]!)) === labels[i]) right += 1;
  }
  return right / count;
}

function mostFrequent(labels: readonly number[]): number | null {
  const seen = new Map<number, number>();
  for (const label of labels) seen.set(label, (seen.get(label) ?? 0) + 1);
  let best: number | null = null;
  for (const [label, times] of seen) if (best === null || times > seen.get(best)!) best = label;
  return best;
}

/**
 * Mean silhouette (Rousseeuw 1987) of the rows grouped by label: (b - a) / max(a, b), a the mean distance to the others of
 * the same label, b the least mean distance to those of another. 1: groups far apart; 0: one on top of the other. A row
 * that is alone in its group counts 0. NaN where there are fewer than two groups.
 */
export function meanSilhouette({ points, labels }: Labelled): number {
  const count = labels.length;
  const groups = new Map<number, number>();
  for (const label of labels) groups.set(label, (groups.get(label) ?? 0) + 1);
  if (groups.size < 2) return NaN;
  const distances = squaredDistances(points, count);
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    const totals = new Map<number, number>();
    for (let j = 0; j < count; j += 1) {
      totals.set(labels[j]!, (totals.get(labels[j]!) ?? 0) + Math.sqrt(distances[i * count + j]!));
    }
    sum += silhouetteOf(labels[i]!, totals, groups);
  }
  return sum / count;
}

/** `totals`: summed distances from one row to the rows of each label. */
function silhouetteOf(own: number, totals: ReadonlyMap<number, number>, groups: ReadonlyMap<number, number>): number {
  const others = (groups.get(own) ?? 0) - 1;
  if (others === 0) return 0;
  const a = (totals.get(own) ?? 0) / others;
  const b = Math.min(
    ...[...totals].filter(([label]) => label !== own).map(([label, total]) => total / groups.get(label)!),
  );
  return Math.max(a, b) === 0 ? 0 : (b - a) / Math.max(a, b);
}
