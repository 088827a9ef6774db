import type { Pause } from './pacer.ts';

/** T = Q^T A Q with Q a product of reflections. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i stands between diagonal entries i and i + 1. */
  readonly beside: Float64Array;
  /** Bound of every eigenvalue's magnitude (Gershgorin); positive for the zero matrix too. */
  readonly norm: number;
  /** From a vector of T to one of A: z becomes Q z. */
  transformBack(z: Float64Array): void;
}

/**
 * Reduces a symmetric n x n matrix (row-major, lower half read) to tridiagonal form by Householder reflections
 * H = I - 2 v v^T / (v^T v), overwriting it: column k below the diagonal keeps v of step k, in place of what it zeroed.
 */
export async function tridiagonalize(a: Float64Array, n: number, pause: Pause): Promise<Tridiagonal> {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const scales = new Float64Array(n);
  const v = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n; k += 1) {
    diagonal[k] = a[k * n + k]!;
    if (k < n - 1) {
      for (let i = k + 1; i < n; i += 1) v[i] = a[i * n + k]!;
      [beside[k], scales[k]] = reflect(v, k + 1, n);
      if (scales[k] !== 0) applyTwoSided(a, n, k + 1, v, w, scales[k]!);
      for (let i = k + 1; i < n; i += 1) a[i * n + k] = v[i]!;
    }
    await pause();
  }
  return {
    diagonal,
    beside: beside.subarray(0, Math.max(0, n - 1)),
    norm: gershgorin(diagonal, beside),
    transformBack(z) {
      for (let k = n - 2; k >= 0; k -= 1) reflectVector(a, n, k, scales[k]!, z);
    },
  };
}

/**
 * What is left of a matrix of low rank shrinks from step to step until the reciprocals of its squares have no square. Entries below the root of this are
 * nothing beside any matrix that is worth diagonalizing.
 */
const negligible = 2 ** -400;

/** Turns v[from..] into the reflection that maps it onto its first axis; returns the image and 2 / (v^T v) (0: none needed). */
function reflect(v: Float64Array, from: number, n: number): [image: number, scale: number] {
  let tail = 0;
  for (let i = from + 1; i < n; i += 1) tail += v[i]! ** 2;
  const head = v[from]!;
  if (tail < negligible) return [head, 0];
  const length = Math.sqrt(head * head + tail);
  const image = head > 0 ? -length : length;
  v[from] = head - image;
  return [image, 2 / (v[from] ** 2 + tail)];
}

/** A' = H A' H on the trailing block: with p = scale A' v and w = p - (scale v^T p / 2) v, A' - v w^T - w v^T. Lower half only. */
function applyTwoSided(
  a: Float64Array,
  n: number,
  from: number,
  v: Float64Array,
  w: Float64Array,
  scale: number,
): void {
  w.fill(0, from);
  for (let i = from; i < n; i += 1) {
    const row = i * n;
    const vi = v[i]!;
    let sum = 0;
    for (let j = from; j < i; j += 1) {
      const aij = a[row + j]!;
      sum += aij * v[j]!;
      w[j] = w[j]! + aij * vi;
    }
    w[i] = w[i]! + sum + a[row + i]! * vi;
  }
  let along = 0;
  for (let i = from; i < n; i += 1) along += v[i]! * w[i]!;
  const half = (scale * scale * along) / 2;
  for (let i = from; i < n; i += 1) w[i] = scale * w[i]! - half * v[i]!;
  for (let i = from; i < n; i += 1) {
    const row = i * n;
    const vi = v[i]!;
    const wi = w[i]!;
    for (let j = from; j <= i; j += 1) {
      a[row + j] = a[row + j]! - vi * w[j]! - wi * v[j]!;
    }
  }
}

function reflectVector(a: Float64Array, n: number, k: number, scale: number, z: Float64Array): void {
  if (scale === 0) return;
  let along = 0;
  for (let i = k + 1; i < n; i += 1) along += a[i * n + k]! * z[i]!;
  for (let i = k + 1; i < n; i += 1) z[i] = z[i]! - scale * along * a[i * n + k]!;
}

function gershgorin(diagonal: Float64Array, beside: Float64Array): number {
  let norm = 1e-100;
  for (let i = 0; i < diagonal.length; i += 1) {
    const before = i === 0 ? 0 : Math.abs(beside[i - 1]!);
    norm = Math.max(norm, Math.abs(diagonal[i]!) + Math.abs(beside[i]!) + before);
  }
  return norm;
}
