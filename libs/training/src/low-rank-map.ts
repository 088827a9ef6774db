import type { Moments } from './moments.ts';
import type { Pause } from './pacer.ts';
import { topEigenpairs } from './symmetric-eigen.ts';

/**
 * A linear map x -> meanY + sum over j < k of (e_j . (x - meanX)) v_j, best for every rank k up to `rank` at once.
 * Rows of `encode` are e_j, rows of `decode` the orthonormal v_j, best first.
 */
export interface LowRankMap {
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
  readonly rank: number;
  readonly encode: Float64Array;
  readonly decode: Float64Array;
}

/** Principal components: e_j = v_j, the leading eigenvectors of the covariance of y (where x and y are the same). */
export async function principalComponents(moments: Moments, rank: number, pause: Pause): Promise<LowRankMap> {
  const { meanX, meanY, covarianceXX } = moments;
  const { vectors } = await topEigenpairs(covarianceXX.slice(), meanX.length, rank, pause);
  return { meanX, meanY, rank, encode: vectors, decode: vectors };
}

/**
 * Share of the mean variance added to the diagonal. `many` images: so that pixels that never change do no harm. `few`, fewer than two for each
 * pixel: so that directions in which they do not differ are more than the rounding of float32 products, whose sums are then no covariance.
 */
const ridge = { many: 1e-7, few: 1e-4 } as const;

/**
 * Reduced-rank regression of y on x (Izenman 1975, identity weight): v_j are the leading eigenvectors of
 * Syx Sxx^-1 Sxy, the covariance of the least-squares fit, and e_j = Sxx^-1 Sxy v_j. With Sxx = L L^T and
 * W = L^-1 Sxy these are the eigenvectors of W^T W, and e_j = L^-T W v_j.
 */
export async function reducedRankRegression(moments: Moments, rank: number, pause: Pause): Promise<LowRankMap> {
  const { meanX, meanY } = moments;
  const n = meanX.length;
  const l = moments.covarianceXX.slice();
  addRidge(l, n, moments.count < 2 * n ? ridge.few : ridge.many);
  await cholesky(l, n, pause);
  const w = moments.covarianceXY.slice();
  await solveLower(l, w, n, pause);
  const { vectors } = await topEigenpairs(await gram(w, n, pause), n, rank, pause);
  const encode = new Float64Array(rank * n);
  for (let j = 0; j < rank; j += 1) {
    const e = encode.subarray(j * n, (j + 1) * n);
    multiply(w, vectors.subarray(j * n, (j + 1) * n), e);
    solveLowerTransposed(l, e);
    await pause();
  }
  return { meanX, meanY, rank, encode, decode: vectors };
}

function addRidge(a: Float64Array, n: number, share: number): void {
  let trace = 0;
  for (let i = 0; i < n; i += 1) trace += a[i * n + i]!;
  const added = (share * trace) / n + Number.MIN_VALUE * 2 ** 60;
  for (let i = 0; i < n; i += 1) a[i * n + i] = a[i * n + i]! + added;
}

/** A = L L^T in place of the lower half. */
async function cholesky(a: Float64Array, n: number, pause: Pause): Promise<void> {
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k += 1) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / a[j * n + j]!;
    }
    await pause();
  }
}

/** B becomes L^-1 B, row by row. */
async function solveLower(l: Float64Array, b: Float64Array, n: number, pause: Pause): Promise<void> {
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) {
      const factor = l[i * n + k]!;
      for (let j = 0; j < n; j += 1) b[i * n + j] = b[i * n + j]! - factor * b[k * n + j]!;
    }
    const pivot = l[i * n + i]!;
    for (let j = 0; j < n; j += 1) b[i * n + j] = b[i * n + j]! / pivot;
    await pause();
  }
}

/** z becomes L^-T z. */
function solveLowerTransposed(l: Float64Array, z: Float64Array): void {
  const n = z.length;
  for (let i = n - 1; i >= 0; i -= 1) {
    z[i] = z[i]! / l[i * n + i]!;
    for (let j = 0; j < i; j += 1) z[j] = z[j]! - l[i * n + j]! * z[i]!;
  }
}

/** W^T W; the lower half only. */
async function gram(w: Float64Array, n: number, pause: Pause): Promise<Float64Array> {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let a = 0; a < n; a += 1) {
      const factor = w[i * n + a]!;
      for (let b = 0; b <= a; b += 1) product[a * n + b] = product[a * n + b]! + factor * w[i * n + b]!;
    }
    await pause();
  }
  return product;
}

function multiply(a: Float64Array, x: Float64Array, out: Float64Array): void {
  const n = x.length;
  for (let i = 0; i < n; i += 1) {
    let sum = 0;
    for (let j = 0; j < n; j += 1) sum += a[i * n + j]! * x[j]!;
    out[i] = sum;
  }
}
