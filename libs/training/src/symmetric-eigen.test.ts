import { expect, test } from '@jest/globals';
import { fillNormals } from '@gradpool/tensors';
import { topEigenpairs } from './symmetric-eigen.ts';

const pause = (): Promise<boolean> => Promise.resolve(false);

test('two by two, by hand', async () => {
  const { values, vectors } = await topEigenpairs(Float64Array.of(2, 1, 1, 2), 2, 2, pause);
  expect(Array.from(values)).toEqual([expect.closeTo(3, 12), expect.closeTo(1, 12)]);
  expect(Math.abs(vectors[0] ?? 0)).toBeCloseTo(Math.SQRT1_2, 12);
  expect((vectors[2] ?? 0) * (vectors[3] ?? 0)).toBeCloseTo(-0.5, 12);
});

test('one by one, and the zero matrix', async () => {
  expect((await topEigenpairs(Float64Array.of(-4), 1, 1, pause)).values[0]).toBeCloseTo(-4, 12);
  const { values, vectors } = await topEigenpairs(new Float64Array(9), 3, 3, pause);
  expect(Math.max(...values.map(Math.abs))).toBeLessThan(1e-12);
  expectOrthonormal(vectors, 3);
});

test.each([3, 20, 61])('a random symmetric %i x %i matrix is diagonalized', async (n) => {
  const a = randomSymmetric(n, n);
  const { values, vectors } = await topEigenpairs(a.slice(), n, n, pause);
  expectOrthonormal(vectors, n);
  expectEigenpairs(a, values, vectors, n);
  expect(Array.from(values)).toEqual(Array.from(values).toSorted((x, y) => y - x));
});

test('equal eigenvalues still get orthonormal vectors', async () => {
  const n = 12;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) a[i * n + i] = i < 5 ? 2 : 1;
  a[1] = a[n] = 0;
  const { values, vectors } = await topEigenpairs(a.slice(), n, 8, pause);
  expect(values[4]).toBeCloseTo(2, 12);
  expect(values[5]).toBeCloseTo(1, 12);
  expectOrthonormal(vectors, n);
  expectEigenpairs(a, values, vectors, n);
});

test('a matrix of low rank whose rows are 0 or stand three times, as of grey pictures in colour', async () => {
  const n = 900;
  const factor = new Float32Array(6 * 150);
  fillNormals(factor, { seed: 3, stream: 2 }, 0);
  const at = (r: number, i: number): number => (i < 450 ? 0 : factor[r * 150 + Math.floor((i - 450) / 3)]!);
  const a = Float64Array.from({ length: n * n }, (_, place) => {
    let sum = 0;
    for (let r = 0; r < 6; r += 1) sum += at(r, Math.floor(place / n)) * at(r, place % n);
    return sum;
  });
  const { vectors } = await topEigenpairs(a, n, 6, pause);
  expectOrthonormal(vectors, n);
});

test.each([1, 5, 40])('a matrix of rank %i gives orthonormal vectors beyond its rank too', async (rank) => {
  const n = 300;
  const factor = new Float32Array(rank * n);
  fillNormals(factor, { seed: rank, stream: 1 }, 0);
  const a = Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let r = 0; r < rank; r += 1) sum += factor[r * n + Math.floor(at / n)]! * factor[r * n + (at % n)]!;
    return sum / 1000;
  });
  const { values, vectors } = await topEigenpairs(a.slice(), n, rank + 30, pause);
  expect(Math.max(...values.subarray(rank).map(Math.abs))).toBeLessThan(1e-12);
  expectOrthonormal(vectors, n);
});

function randomSymmetric(n: number, seed: number): Float64Array {
  const random = new Float32Array(n * n);
  fillNormals(random, { seed, stream: 0 }, 0);
  return Float64Array.from(random, (_, at) => (random[at] ?? 0) + (random[(at % n) * n + Math.floor(at / n)] ?? 0));
}

function expectOrthonormal(vectors: Float64Array, n: number): void {
  const count = vectors.length / n;
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = 0;
      for (let k = 0; k < n; k += 1) sum += (vectors[i * n + k] ?? NaN) * (vectors[j * n + k] ?? NaN);
      expect(sum).toBeCloseTo(i === j ? 1 : 0, 10);
    }
  }
}

function expectEigenpairs(a: Float64Array, values: Float64Array, vectors: Float64Array, n: number): void {
  values.forEach((value, j) => {
    for (let i = 0; i < n; i += 1) {
      let sum = 0;
      for (let k = 0; k < n; k += 1) sum += (a[i * n + k] ?? NaN) * (vectors[j * n + k] ?? NaN);
      expect(sum).toBeCloseTo(value * (vectors[j * n + i] ?? NaN), 9);
    }
  });
}
