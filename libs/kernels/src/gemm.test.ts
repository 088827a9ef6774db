import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openArena, type Arena } from './arena.ts';
import { compileKernels } from './kernels.ts';

let arena: Arena;
beforeAll(async () => {
  const module = await compileKernels();
  if (!module) throw new Error('This engine has no SIMD; the kernels cannot be tested');
  arena = openArena(module, 8 << 20);
});

const { fround } = Math;
const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 150 }));
const flag = fc.constantFrom(0, 1);
const value = fc.oneof(
  { weight: 50, arbitrary: fc.float({ min: -2, max: 2, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 1e-40, -0, 3e38) },
);

test('[K1] the product of random matrices: every element is the float32 sum in order of k', () => {
  fc.assert(
    fc.property(
      fc.record({ m: size, n: size, k: size, a: flag, b: flag, accumulate: flag, gap: fc.integer({ min: 0, max: 3 }) }),
      fc.array(value, { minLength: 7, maxLength: 60 }),
      ({ m, n, k, a: ta, b: tb, accumulate, gap }, values) => {
        arena.reset();
        const { kernels, allocate, floats } = arena;
        const at = (i: number): number => values[i % values.length]!;
        const [lda, ldb, ldc] = [(ta ? m : k) + gap, (tb ? k : n) + gap, n + gap];
        const [sizeA, sizeB] = [(ta ? k : m) * lda, (tb ? n : k) * ldb];
        const [a, b, c] = [allocate(4 * sizeA + 4) + 4, allocate(4 * sizeB), allocate(4 * m * ldc)];
        const [av, bv, cv] = [floats(a, sizeA), floats(b, sizeB), floats(c, m * ldc)];
        for (let i = 0; i < sizeA; i += 1) av[i] = at(i);
        for (let i = 0; i < sizeB; i += 1) bv[i] = at(5 * i + 2);
        for (let i = 0; i < cv.length; i += 1) cv[i] = at(3 * i + 1);
        const before = cv.slice();
        kernels.gemm(ta, tb, m, n, k, a, lda, b, ldb, c, ldc, accumulate, allocate(kernels.gemmScratchBytes()));
        for (let i = 0; i < cv.length; i += 1) {
          const [row, column] = [Math.floor(i / ldc), i % ldc];
          let sum = column >= n || accumulate ? before[i]! : 0;
          for (let l = 0; l < k && column < n; l += 1) {
            const x = av[ta ? l * lda + row : row * lda + l]!;
            sum = fround(sum + fround(x * bv[tb ? column * ldb + l : l * ldb + column]!));
          }
          if (!Object.is(sum + 0, cv[i]! + 0)) throw new Error(`element ${i} is ${cv[i]}, not ${sum}`);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test.each([
  { n: 5, silent: 0 },
  { n: 130, silent: 0.7 },
])('[K1] depths and rows beyond one block give the same sums, $n columns, $silent silent', ({ n, silent }) => {
  arena.reset();
  const { kernels, allocate, floats } = arena;
  const [m, k] = [261, 1027];
  const [a, b, c] = [allocate(4 * m * k), allocate(4 * k * n), allocate(4 * m * n)];
  const [av, bv, cv] = [floats(a, m * k), floats(b, k * n), floats(c, m * n)];
  const isSilent = (row: number, l: number): boolean => Math.sin(5 * Math.floor(row / 4) + 3 * l) < 2 * silent - 1;
  av.forEach((_, i) => (av[i] = isSilent(Math.floor(i / k), i % k) ? 0 : Math.sin(i)));
  bv.forEach((_, i) => (bv[i] = fround(Math.cos(3 * i))));
  kernels.gemm(0, 0, m, n, k, a, k, b, n, c, n, 0, allocate(kernels.gemmScratchBytes()));
  const expected = Array.from(cv, (_, i) => {
    let sum = 0;
    for (let l = 0; l < k; l += 1) sum = fround(sum + fround(av[Math.floor(i / n) * k + l]! * bv[l * n + (i % n)]!));
    return sum;
  });
  expect(Array.from(cv)).toEqual(expected);
});

/** Columns from which the product looks for steps that add nothing, and some. */
const wide = fc.integer({ min: 126, max: 141 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

test('[K1] rows that are 0 together leave every bit as it is, also beside NaN, infinities and -0', () => {
  const shape = fc.record({ m: size, n: wide, k: size, a: flag, accumulate: flag });
  const odd = fc.record({ at: fc.nat(), value: fc.constantFrom(NaN, Infinity, -Infinity, -0) });
  fc.assert(
    fc.property(shape, fc.nat(), fc.integer({ min: 0, max: 10 }), rarely(odd), (shape, seed, tenths, oddB) => {
      arena.reset();
      const { kernels, allocate, floats } = arena;
      const { m, n, k, a: ta, accumulate } = shape;
      const [a, b, c] = [allocate(4 * m * k), allocate(4 * k * n), allocate(4 * m * n)];
      const [av, bv, cv] = [floats(a, m * k), floats(b, k * n), floats(c, m * n)];
      const at = (row: number, l: number): number => (ta ? l * m + row : row * k + l);
      for (let row = 0; row < m; row += 1) {
        for (let l = 0; l < k; l += 1) {
          const silent = (Math.floor(row / 4) * 7919 + l * 104_729 + seed) % 10 < tenths;
          av[at(row, l)] = silent ? 0 : Math.sin(row + 3 * l + seed);
        }
      }
      for (let i = 0; i < bv.length; i += 1) bv[i] = Math.cos(i + seed);
      if (oddB) bv[oddB.at % bv.length] = oddB.value;
      cv.fill(-0);
      kernels.gemm(ta, 0, m, n, k, a, ta ? m : k, b, n, c, n, accumulate, allocate(kernels.gemmScratchBytes()));
      for (let i = 0; i < cv.length; i += 1) {
        const [row, column] = [Math.floor(i / n), i % n];
        let sum = accumulate ? -0 : 0;
        for (let l = 0; l < k; l += 1) sum = fround(sum + fround(av[at(row, l)]! * bv[l * n + column]!));
        if (!Object.is(sum, cv[i])) throw new Error(`element ${i} is ${cv[i]}, not ${sum}`);
      }
    }),
    { numRuns: 100 },
  );
});
