import { fillNormals, streamOf } from '@gradpool/tensors';
import type { Pause } from './pacer.ts';
import { tridiagonalize, type Tridiagonal } from './tridiagonal.ts';

export interface Eigenpairs {
  /** Largest first. */
  readonly values: Float64Array;
  /** Orthonormal, one a row: `count` x n. */
  readonly vectors: Float64Array;
}

const epsilon = 2 ** -52;

/**
 * The `count` largest eigenvalues of a symmetric n x n matrix (row-major; it is overwritten) and their vectors:
 * Householder tridiagonalization, bisection on Sturm counts, inverse iteration (Golub & Van Loan, chapter 8).
 * About n^3 2/3 multiplications in all; pauses after each of its n parts.
 */
export async function topEigenpairs(matrix: Float64Array, n: number, count: number, pause: Pause): Promise<Eigenpairs> {
  const t = await tridiagonalize(matrix, n, pause);
  const values = new Float64Array(count);
  const vectors = new Float64Array(count * n);
  for (let j = 0; j < count; j += 1) {
    values[j] = nthLargestEigenvalue(t, j);
    inverseIteration(t, values[j]!, vectors, j);
    await pause();
  }
  for (let j = 0; j < count; j += 1) {
    t.transformBack(vectors.subarray(j * n, (j + 1) * n));
    await pause();
  }
  return { values, vectors };
}

/** Bisection: halves an interval that holds the eigenvalue until it cannot be halved further. */
function nthLargestEigenvalue(t: Tridiagonal, index: number): number {
  let low = -t.norm;
  let high = t.norm;
  while (high - low > 2 * epsilon * t.norm) {
    const middle = low + (high - low) / 2;
    if (eigenvaluesAbove(t, middle) > index) low = middle;
    else high = middle;
  }
  return low + (high - low) / 2;
}

/** Sturm count: as many eigenvalues lie above x as pivots of T - xI are positive. */
function eigenvaluesAbove({ diagonal, beside, norm }: Tridiagonal, x: number): number {
  let above = 0;
  let pivot = 1;
  for (let i = 0; i < diagonal.length; i += 1) {
    const e = i === 0 ? 0 : beside[i - 1]!;
    pivot = diagonal[i]! - x - (e * e) / pivot;
    if (pivot === 0) pivot = epsilon * norm;
    if (pivot > 0) above += 1;
  }
  return above;
}

/** Solves (T - value I) z = start a few times over; vectors found before are projected out, so clusters stay orthogonal. */
function inverseIteration(t: Tridiagonal, value: number, vectors: Float64Array, row: number): void {
  const n = t.diagonal.length;
  const z = vectors.subarray(row * n, (row + 1) * n);
  const start = new Float32Array(n);
  fillNormals(start, { seed: row, stream: streamOf('inverse-iteration') }, 0);
  z.set(start);
  for (let round = 0; round < 4; round += 1) {
    orthonormalize(vectors, row, n);
    solveShifted(t, value, z);
  }
  orthonormalize(vectors, row, n);
}

/** Gram-Schmidt of a row against those before it, twice for full precision; then unit length. */
function orthonormalize(vectors: Float64Array, row: number, n: number): void {
  const z = vectors.subarray(row * n, (row + 1) * n);
  scaleToUnit(z);
  for (let pass = 0; pass < 2; pass += 1) {
    for (let j = 0; j < row; j += 1) {
      const before = vectors.subarray(j * n, (j + 1) * n);
      const along = dot(z, before);
      for (let i = 0; i < n; i += 1) z[i] = z[i]! - along * before[i]!;
    }
    scaleToUnit(z);
  }
}

/** Gaussian elimination of T - value I with row exchanges, in place on the right-hand side. */
function solveShifted({ diagonal, beside, norm }: Tridiagonal, value: number, z: Float64Array): void {
  const n = diagonal.length;
  const pivots = new Float64Array(n);
  const first = new Float64Array(n);
  const second = new Float64Array(n);
  let a = diagonal[0]! - value;
  let b = n > 1 ? beside[0]! : 0;
  for (let i = 0; i < n - 1; i += 1) {
    const e = beside[i]!;
    const d = diagonal[i + 1]! - value;
    const next = i + 1 < n - 1 ? beside[i + 1]! : 0;
    const zi = z[i]!;
    const zNext = z[i + 1]!;
    if (Math.abs(a) >= Math.abs(e)) {
      const pivot = a === 0 ? epsilon * norm : a;
      const factor = e / pivot;
      [pivots[i], first[i], second[i]] = [pivot, b, 0];
      [a, b] = [d - factor * b, next];
      z[i + 1] = zNext - factor * zi;
    } else {
      const factor = a / e;
      [pivots[i], first[i], second[i]] = [e, d, next];
      [a, b] = [b - factor * d, -factor * next];
      [z[i], z[i + 1]] = [zNext, zi - factor * zNext];
    }
  }
  pivots[n - 1] = Math.abs(a) < epsilon * norm ? epsilon * norm : a;
  for (let i = n - 1; i >= 0; i -= 1) {
    const later = first[i]! * (z[i + 1] ?? 0) + second[i]! * (z[i + 2] ?? 0);
    z[i] = (z[i]! - later) / pivots[i]!;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

function scaleToUnit(z: Float64Array): void {
  let largest = 0;
  for (const value of z) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return;
  for (let i = 0; i < z.length; i += 1) z[i] = z[i]! / largest;
  const length = Math.sqrt(dot(z, z));
  for (let i = 0; i < z.length; i += 1) z[i] = z[i]! / length;
}
