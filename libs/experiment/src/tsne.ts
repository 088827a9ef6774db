import { fillNormals, streamOf } from '@gradpool/tensors';
import { squaredDistances } from './neighbours.ts';

export interface TsneOptions {
  /** Points as rows, [count, size]. */
  readonly points: Float32Array;
  readonly count: number;
  /** How many neighbours a point has, in effect; below a third of the points. */
  readonly perplexity: number;
  /** Of the places that the points start from. */
  readonly seed: number;
}

/** An embedding on its way. */
export interface Tsne {
  /** [count, 2]; every step moves them. */
  readonly places: Float64Array;
  step(): void;
}

/** Published with the method and its reference code: exaggeration of early attraction, and momentum before and after. */
const early = { steps: 250, exaggeration: 12, momentum: 0.5 } as const;
const laterMomentum = 0.8;
const gainMin = 0.01;

/**
 * t-SNE (van der Maaten and Hinton 2008), exact: places in the plane whose neighbours are those of the points. A step takes
 * time with the square of the count, some 15 ms for 2,000 points. The same seed gives the same map on one engine; others may
 * round otherwise, and a map is a picture, not a figure. Own, so that the start is keyed like all other randomness here; packages that
 * are kept up (@saehrimnir/druidjs, say) have the same exact method. Throws RangeError for too few points.
 */
export function startTsne({ points, count, perplexity, seed }: TsneOptions): Tsne {
  if (count < 3 * perplexity) {
    throw new RangeError(
      `t-SNE of ${count} points at perplexity ${perplexity}: take at least three times as many points`,
    );
  }
  const attraction = jointProbabilities(squaredDistances(points, count), count, perplexity);
  const places = startingPlaces(count, seed);
  const velocity = new Float64Array(2 * count);
  const gains = new Float64Array(2 * count).fill(1);
  const gradient = new Float64Array(2 * count);
  // Belkina et al. (2019): count / exaggeration, which needs no tuning.
  const rate = Math.max(50, count / early.exaggeration);
  let steps = 0;
  return {
    places,
    step() {
      const first = steps < early.steps;
      fillGradient(gradient, { places, attraction, count, exaggeration: first ? early.exaggeration : 1 });
      move({ places, velocity, gains, gradient }, { rate, momentum: first ? early.momentum : laterMomentum });
      steps += 1;
    },
  };
}

function startingPlaces(count: number, seed: number): Float64Array {
  const normals = new Float32Array(2 * count);
  fillNormals(normals, { seed, stream: streamOf('t-sne') }, 0);
  return Float64Array.from(normals, (value) => 1e-4 * value);
}

/** p_ij = (p_j|i + p_i|j) / 2n, p_j|i a normal around point i, as wide as the perplexity asks. */
function jointProbabilities(distances: Float32Array, count: number, perplexity: number): Float32Array {
  const conditional = new Float32Array(count * count);
  for (let i = 0; i < count; i += 1) {
    const row = conditional.subarray(i * count, (i + 1) * count);
    fillConditional(row, distances.subarray(i * count, (i + 1) * count), i, Math.log(perplexity));
  }
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const joint = (conditional[i * count + j]! + conditional[j * count + i]!) / (2 * count);
      conditional[i * count + j] = conditional[j * count + i] = Math.max(joint, 1e-12);
    }
  }
  return conditional;
}

/** Halves an interval for the precision beta of a normal whose entropy is `entropy` (of natural logarithms). */
function fillConditional(row: Float32Array, distances: Float32Array, self: number, entropy: number): void {
  const nearest = distances.reduce((least, distance, j) => (j === self ? least : Math.min(least, distance)), Infinity);
  let [low, high, beta] = [0, Infinity, 1];
  for (let tries = 0; tries < 60; tries += 1) {
    let [sum, weighted] = [0, 0];
    for (let j = 0; j < row.length; j += 1) {
      // From the nearest, so that the largest is 1 and nothing underflows at once.
      const away = distances[j]! - nearest;
      const value = j === self ? 0 : Math.exp(-beta * away);
      row[j] = value;
      sum += value;
      weighted += value * away;
    }
    for (let j = 0; j < row.length; j += 1) row[j] = row[j]! / sum;
    const seen = Math.log(sum) + (beta * weighted) / sum;
    if (Math.abs(seen - entropy) < 1e-5) return;
    if (seen > entropy) low = beta;
    else high = beta;
    beta = high === Infinity ? 2 * beta : (low + high) / 2;
  }
}

interface Forces {
  readonly places: Float64Array;
  readonly attraction: Float32Array;
  readonly count: number;
  readonly exaggeration: number;
}

/** dC/dy_i = 4 sum_j (e p_ij - q_ij) w_ij (y_i - y_j), w_ij = 1 / (1 + |y_i - y_j|^2), q_ij = w_ij / sum w. */
function fillGradient(gradient: Float64Array, { places, attraction, count, exaggeration }: Forces): void {
  const repulsion = new Float64Array(2 * count);
  let total = 0;
  gradient.fill(0);
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const [x, y] = [places[2 * i]! - places[2 * j]!, places[2 * i + 1]! - places[2 * j + 1]!];
      const w = 1 / (1 + x * x + y * y);
      total += 2 * w;
      const pull = exaggeration * attraction[i * count + j]! * w;
      addPair(gradient, i, j, pull * x, pull * y);
      addPair(repulsion, i, j, w * w * x, w * w * y);
    }
  }
  for (let at = 0; at < gradient.length; at += 1) gradient[at] = 4 * (gradient[at]! - repulsion[at]! / total);
}

function addPair(forces: Float64Array, i: number, j: number, x: number, y: number): void {
  forces[2 * i] = forces[2 * i]! + x;
  forces[2 * i + 1] = forces[2 * i + 1]! + y;
  forces[2 * j] = forces[2 * j]! - x;
  forces[2 * j + 1] = forces[2 * j + 1]! - y;
}

interface Motion {
  readonly places: Float64Array;
  readonly velocity: Float64Array;
  readonly gains: Float64Array;
  readonly gradient: Float64Array;
}

/** Gradient descent with momentum and a gain for each coordinate (Jacobs 1988). */
function move(
  { places, velocity, gains, gradient }: Motion,
  { rate, momentum }: { rate: number; momentum: number },
): void {
  for (let at = 0; at < places.length; at += 1) {
    const turned = gradient[at]! > 0 === velocity[at]! > 0;
    gains[at] = Math.max(gainMin, turned ? gains[at]! * 0.8 : gains[at]! + 0.2);
    velocity[at] = momentum * velocity[at]! - rate * gains[at]! * gradient[at]!;
    places[at] = places[at]! + velocity[at]!;
  }
}
