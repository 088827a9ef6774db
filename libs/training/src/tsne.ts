import type { Pause } from './pacer.ts';
import { squaredDistance, type Points } from './points.ts';

export interface TsneOptions {
  readonly points: Points;
  /** Where the map begins, [count, 2]; the same beginning gives the same map. */
  readonly start: Float32Array;
  /** Neighbours that count, roughly; at most a third of the points. */
  readonly perplexity: number;
  readonly iterations: number;
  readonly pause: Pause;
  /** Share of the iterations done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

const settings = {
  exaggeration: 12,
  /** Share of the iterations with attraction exaggerated. */
  exaggeratedShare: 0.25,
  earlyMomentum: 0.5,
  lateMomentum: 0.8,
  /** Standard deviation of the first axis at the beginning: small, so that clusters can still pass each other. */
  startDeviation: 1e-4,
} as const;

/**
 * A map [count, 2] that keeps neighbours together: t-SNE (van der Maaten and Hinton 2008) over all pairs, which for two
 * thousand points is quicker than a tree. Starts from `start` scaled down and steps by count / exaggeration
 * (Belkina and others 2019). Own, because a page or a worker has to answer between its iterations; packages that are kept up
 * (@saehrimnir/druidjs, say) have the same exact method. Memory 4 count^2 bytes, time about 20 count^2 operations an iteration.
 */
export async function tsne(options: TsneOptions): Promise<Float32Array> {
  const { points, start, iterations, pause, onProgress } = options;
  const { count } = points;
  const affinity = await affinities(options);
  const map = scaledStart(start, count);
  const motion: Motion = {
    velocity: new Float64Array(2 * count),
    gains: new Float64Array(2 * count).fill(1),
    rate: count / settings.exaggeration,
  };
  const forces: Forces = { attraction: new Float64Array(2 * count), repulsion: new Float64Array(2 * count) };
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const early = iteration < settings.exaggeratedShare * iterations;
    const mass = pull(map, affinity, forces);
    const weights = { exaggeration: early ? settings.exaggeration : 1, mass };
    move(map, { forces, motion, weights, momentum: early ? settings.earlyMomentum : settings.lateMomentum });
    onProgress?.((iteration + 1) / iterations);
    await pause();
  }
  return Float32Array.from(map);
}

function scaledStart(start: Float32Array, count: number): Float64Array {
  let squares = 0;
  for (let i = 0; i < count; i += 1) squares += start[2 * i]! ** 2;
  const scale = settings.startDeviation / (Math.sqrt(squares / count) || 1);
  return Float64Array.from(start, (value) => value * scale);
}

/** Symmetric probabilities p_ij, [count, count], that sum to 1: each row's Gaussian has the perplexity asked for. */
async function affinities({ points, perplexity, pause }: TsneOptions): Promise<Float32Array> {
  const { count } = points;
  const joint = new Float32Array(count * count);
  const row = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < count; j += 1) row[j] = squaredDistance(points, i, j);
    conditional(row, i, Math.log(Math.min(perplexity, (count - 1) / 3)));
    for (let j = 0; j < count; j += 1) joint[i * count + j] = row[j]!;
    await pause();
  }
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const p = (joint[i * count + j]! + joint[j * count + i]!) / (2 * count);
      joint[i * count + j] = p;
      joint[j * count + i] = p;
    }
  }
  return joint;
}

/** Overwrites squared distances from point `self` by p_j|self whose entropy (in nats) is `entropy`, found by bisection. */
function conditional(row: Float64Array, self: number, entropy: number): void {
  const distances = row.slice();
  let nearest = Infinity;
  for (let j = 0; j < row.length; j += 1) if (j !== self && distances[j]! < nearest) nearest = distances[j]!;
  let [low, high, precision] = [0, Infinity, 1];
  for (let round = 0; round < 64; round += 1) {
    let [sum, weighted] = [0, 0];
    for (let j = 0; j < row.length; j += 1) {
      // From the nearest on, so that the sum never vanishes.
      const distance = distances[j]! - nearest;
      row[j] = j === self ? 0 : Math.exp(-precision * distance);
      sum += row[j]!;
      if (j !== self) weighted += row[j]! * distance;
    }
    for (let j = 0; j < row.length; j += 1) row[j] = row[j]! / sum;
    const excess = Math.log(sum) + (precision * weighted) / sum - entropy;
    if (Math.abs(excess) < 1e-4) return;
    if (excess > 0) low = precision;
    else high = precision;
    precision = high === Infinity ? 2 * precision : (low + high) / 2;
  }
}

interface Forces {
  readonly attraction: Float64Array;
  readonly repulsion: Float64Array;
}

/** Sums p q d and q^2 d over the pairs of each point, with q = 1 / (1 + |d|^2) of the map; gives the sum of all q. */
function pull(map: Float64Array, affinity: Float32Array, { attraction, repulsion }: Forces): number {
  const count = map.length / 2;
  attraction.fill(0);
  repulsion.fill(0);
  let mass = 0;
  for (let i = 0; i < count; i += 1) {
    const [x, y] = [map[2 * i]!, map[2 * i + 1]!];
    let [ax, ay, rx, ry] = [0, 0, 0, 0];
    for (let j = 0; j < i; j += 1) {
      const dx = x - map[2 * j]!;
      const dy = y - map[2 * j + 1]!;
      const q = 1 / (1 + dx * dx + dy * dy);
      mass += q;
      const near = affinity[i * count + j]! * q;
      const far = q * q;
      ax += near * dx;
      ay += near * dy;
      rx += far * dx;
      ry += far * dy;
      attraction[2 * j] = attraction[2 * j]! - near * dx;
      attraction[2 * j + 1] = attraction[2 * j + 1]! - near * dy;
      repulsion[2 * j] = repulsion[2 * j]! - far * dx;
      repulsion[2 * j + 1] = repulsion[2 * j + 1]! - far * dy;
    }
    attraction[2 * i] = attraction[2 * i]! + ax;
    attraction[2 * i + 1] = attraction[2 * i + 1]! + ay;
    repulsion[2 * i] = repulsion[2 * i]! + rx;
    repulsion[2 * i + 1] = repulsion[2 * i + 1]! + ry;
  }
  return 2 * mass;
}

interface Motion {
  readonly velocity: Float64Array;
  readonly gains: Float64Array;
  readonly rate: number;
}

interface Step {
  readonly forces: Forces;
  readonly motion: Motion;
  readonly weights: { readonly exaggeration: number; readonly mass: number };
  readonly momentum: number;
}

/** One step along the gradient 4 (exaggeration attraction - repulsion / mass), with a gain for each number (Jacobs 1988). */
function move(map: Float64Array, { forces, motion, weights, momentum }: Step): void {
  const { velocity, gains, rate } = motion;
  for (let k = 0; k < map.length; k += 1) {
    const gradient = 4 * (weights.exaggeration * forces.attraction[k]! - forces.repulsion[k]! / weights.mass);
    const turned = gradient > 0 === velocity[k]! > 0;
    gains[k] = Math.max(0.01, turned ? 0.8 * gains[k]! : gains[k]! + 0.2);
    velocity[k] = momentum * velocity[k]! - rate * gains[k]! * gradient;
    map[k] = map[k]! + velocity[k]!;
  }
}
