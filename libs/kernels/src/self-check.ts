import { openArena, type Arena } from './arena.ts';
import type { KernelModule } from './webassembly.ts';

const { fround } = Math;
const arenaBytes = 1 << 20;

/**
 * Runs the kernels on small known inputs and compares every value with plain TypeScript. Returns null when all agree, else
 * which kernel differed, where and how. Takes a few milliseconds.
 */
export function findWrongKernel(module: KernelModule): string | null {
  const arena = openArena(module, arenaBytes);
  return wrongProduct(arena) ?? wrongAdam(arena);
}

function wrongProduct({ kernels, allocate, floats }: Arena): string | null {
  const [m, n, k] = [7, 11, 9];
  const scratch = allocate(kernels.gemmScratchBytes());
  const [a, b, c] = [allocate(4 * m * k), allocate(4 * k * n), allocate(4 * m * n)];
  const [av, bv, cv] = [floats(a, m * k), floats(b, k * n), floats(c, m * n)];
  av.forEach((_, i) => (av[i] = sample(i)));
  bv.forEach((_, i) => (bv[i] = sample(3 * i + 1)));
  for (const [transposeA, transposeB] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const) {
    kernels.gemm(transposeA, transposeB, m, n, k, a, transposeA ? m : k, b, transposeB ? k : n, c, n, 0, scratch);
    for (let at = 0; at < m * n; at += 1) {
      const [row, column] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let l = 0; l < k; l += 1) {
        const x = av[transposeA ? l * m + row : row * k + l]!;
        const y = bv[transposeB ? column * k + l : l * n + column]!;
        sum = fround(sum + fround(x * y));
      }
      if (cv[at] !== sum) return `gemm ${transposeA}${transposeB}: element ${at} is ${cv[at]}, not ${sum}`;
    }
  }
  return null;
}

function wrongAdam({ kernels, allocate, floats }: Arena): string | null {
  const size = 5;
  const [p, g, m, v] = [allocate(4 * size), allocate(4 * size), allocate(4 * size), allocate(4 * size)];
  const [pv, gv, mv, vv] = [floats(p, size), floats(g, size), floats(m, size), floats(v, size)];
  for (let i = 0; i < size; i += 1) {
    pv[i] = sample(i);
    gv[i] = sample(i + 20);
    mv[i] = sample(i + 40);
    vv[i] = Math.abs(sample(i + 60));
  }
  const expected = Array.from(pv, (value, i) => {
    const mi = 0.9 * mv[i]! + (1 - 0.9) * gv[i]!;
    const vi = 0.999 * vv[i]! + (1 - 0.999) * gv[i]! * gv[i]!;
    return fround(value - (0.01 * mi) / (Math.sqrt(vi) + 1e-8));
  });
  kernels.adam(p, g, m, v, size, 0.01, 0.9, 0.999, 1e-8);
  const wrong = expected.findIndex((value, i) => pv[i] !== value);
  return wrong < 0 ? null : `adam: parameter ${wrong} is ${pv[wrong]}, not ${expected[wrong]}`;
}

/** Values in (-1, 1) with full mantissas, without a pattern that could hide a swapped index. */
function sample(i: number): number {
  return fround(((i * 7919 + 104_729) % 10_007) / 5_003.5 - 1);
}
