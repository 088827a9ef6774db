/*
 * Means that a few liars cannot move far, for sums of vectors from people that nobody knows. Each takes vectors of one length
 * and what they weigh, and gives a vector of its own; the order of the vectors is of no account.
 */

export interface Weighed {
  readonly values: Float32Array;
  readonly weight: number;
}

/** Of the values at each place, so large a share is left out at either end, and at least one of three. */
const trimmedShare = 0.2;

/** Values that are left out at either end of `count`: the number of liars that a trimmed mean stands. */
export function trimmedOf(count: number): number {
  return Math.min(Math.floor((count - 1) / 2), Math.max(1, Math.floor(trimmedShare * count)));
}

/**
 * Coordinate-wise trimmed mean (Yin, Chen, Ramchandran & Bartlett 2018, "Byzantine-robust distributed learning", definition 2):
 * at each place the k largest and the k smallest values are left out and the others averaged by weight. With at most k liars each
 * value lies between the least and the greatest honest one. Of one or two vectors it is the mean.
 */
export function trimmedMean(vectors: readonly Weighed[]): Float32Array {
  const count = vectors.length;
  const size = vectors[0]?.values.length ?? 0;
  const trimmed = trimmedOf(count);
  const [values, weights] = [new Float64Array(count), new Float64Array(count)];
  const out = new Float32Array(size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < count; j += 1) insert(values, weights, j, vectors[j]!.values[i]!, vectors[j]!.weight);
    let [sum, weight] = [0, 0];
    for (let j = trimmed; j < count - trimmed; j += 1) {
      sum += weights[j]! * values[j]!;
      weight += weights[j]!;
    }
    // Rounding must not carry the mean beyond what it is a mean of.
    out[i] = Math.min(values[count - 1 - trimmed]!, Math.max(values[trimmed]!, sum / weight));
  }
  return out;
}

/** Into the first `count` places, which are in order: by value, then by weight, so that the order of coming is of no account. */
function insert(values: Float64Array, weights: Float64Array, count: number, value: number, weight: number): void {
  let at = count;
  while (at > 0 && (values[at - 1]! > value || (values[at - 1] === value && weights[at - 1]! > weight))) {
    values[at] = values[at - 1]!;
    weights[at] = weights[at - 1]!;
    at -= 1;
  }
  values[at] = value;
  weights[at] = weight;
}

/**
 * The point with the least weighted sum of distances to all vectors, by Weiszfeld's iteration (Pillutla, Kakade & Harchaoui 2022,
 * "Robust aggregation for federated learning", algorithm 2). With honest vectors within r of some point and liars of a share a < 1/2
 * of the weight, it lies within r (2 - 2 a) / (1 - 2 a) of that point (Lopuhaä & Rousseeuw 1991), however far the liars are.
 */
export function geometricMedian(vectors: readonly Weighed[]): Float32Array {
  const shares = medianShares(squaredDistances(vectors), normalized(vectors.map(({ weight }) => weight)));
  const out = new Float32Array(vectors[0]?.values.length ?? 0);
  for (let i = 0; i < out.length; i += 1) {
    let sum = 0;
    for (let j = 0; j < vectors.length; j += 1) sum += shares[j]! * vectors[j]!.values[i]!;
    out[i] = sum;
  }
  return out;
}

function squaredDistances(vectors: readonly Weighed[]): number[][] {
  const distances = vectors.map(() => vectors.map(() => 0));
  for (let a = 0; a < vectors.length; a += 1) {
    for (let b = 0; b < a; b += 1) {
      const distance = squaredDistance(vectors[a]!.values, vectors[b]!.values);
      distances[a]![b] = distance;
      distances[b]![a] = distance;
    }
  }
  return distances;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

/** Rounds of Weiszfeld's iteration; each costs only the square of the number of vectors. */
const iterationsMax = 1_000;
/** No distance counts as less than this share of the mean one, which keeps the iteration off a vector that it lands on. */
const nearest = 1e-9;

/**
 * The median is a mean of the vectors; these are their shares in it. The distance of one to the mean with shares s follows from the
 * distances d among the vectors alone: sum_i s_i d_ij^2 - 1/2 sum_ik s_i s_k d_ik^2.
 */
function medianShares(squares: readonly (readonly number[])[], weights: readonly number[]): number[] {
  let shares = [...weights];
  for (let iteration = 0; iteration < iterationsMax; iteration += 1) {
    const toEach = squares.map((row) => row.reduce((sum, square, i) => sum + shares[i]! * square, 0));
    const half = toEach.reduce((sum, mean, j) => sum + shares[j]! * mean, 0) / 2;
    const distances = toEach.map((mean) => Math.sqrt(Math.max(0, mean - half)));
    const floor = nearest * distances.reduce((sum, distance, j) => sum + weights[j]! * distance, 0);
    // All are the same vector.
    if (floor === 0) return shares;
    const next = normalized(weights.map((weight, j) => weight / Math.max(distances[j]!, floor)));
    const moved = next.reduce((most, share, j) => Math.max(most, Math.abs(share - shares[j]!)), 0);
    shares = next;
    if (moved < 1e-9) break;
  }
  return shares;
}

function normalized(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Vectors that a robust mean compares: more are averaged in so many groups first, each with as many liars as it has. */
const groupsMax = 32;

/**
 * At most 32 means of the vectors that `read` gives, one after the other, so that the memory has a bound: vector i goes into
 * group i mod 32 (Karimireddy, He & Jaggi 2022, "bucketing"). Nobody weighs more than the middle one of all.
 */
export function inGroups(
  size: number,
  weights: readonly number[],
  read: (index: number, out: Float32Array) => void,
): Weighed[] {
  const most = weights.toSorted((a, b) => a - b)[Math.floor(weights.length / 2)] ?? 0;
  const groups = Array.from({ length: Math.min(groupsMax, weights.length) }, () => ({
    values: new Float32Array(size),
    weight: 0,
  }));
  const one = new Float32Array(size);
  for (const [index, stated] of weights.entries()) {
    const group = groups[index % groupsMax]!;
    const weight = Math.min(stated, most);
    read(index, one);
    group.weight += weight;
    const share = weight / group.weight;
    for (let i = 0; i < size; i += 1) group.values[i] = group.values[i]! + share * (one[i]! - group.values[i]!);
  }
  return groups;
}
