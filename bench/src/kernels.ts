import { compileKernels, openArena, type Arena } from '@gradpool/kernels';
import { startPytorch } from './pytorch.ts';
import { median, medianRatio } from './statistics.ts';

/**
 * `npm run bench:kernels`: what the SIMD kernels reach on one core. The matrix product stands beside the most that the
 * same engine multiplies and adds from registers, and beside PyTorch where a Python with it is installed; the others
 * show how many values they take a second. All are measured by turns, the median counts; `--json` prints the keys last.
 */
const rounds = 15;
const size = 1024;
const loopSteps = 4_000_000;
const vectorSize = 1 << 20;

interface Row {
  readonly kernel: string;
  readonly unit: 'GFLOP/s' | 'M values/s';
  /** Units of work a millisecond, of one measurement. */
  readonly measure: () => number | Promise<number>;
}

async function main(): Promise<void> {
  const module = await compileKernels();
  if (!module) throw new Error('This engine has no WebAssembly SIMD; there is nothing to measure');
  const pytorch = startPytorch();
  const rows: Row[] = kernelRows(openArena(module, 64 << 20));
  if (pytorch) {
    const measure = async (): Promise<number> => (await pytorch.measure({ gemm: size })) / 1e9;
    rows.push({ kernel: `PyTorch ${pytorch.version} product, 1024^3`, unit: 'GFLOP/s', measure });
  }
  // Once unmeasured, until the engine has its fast code.
  for (const { measure } of rows) await measure();
  const values = rows.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { measure }] of rows.entries()) values[i]!.push(await measure());
  }
  pytorch?.stop();
  console.table(rows.map(({ kernel, unit }, i) => ({ kernel, unit, median: Number(median(values[i]!).toFixed(1)) })));
  if (!pytorch) console.log('PyTorch: no Python with torch here (Debian: python3-torch libopenblas0-pthread)');
  if (process.argv.includes('--json')) console.log(JSON.stringify({ gemmShareOfPeak: shareOfPeak(values) }));
}

/** The loop is the first row, the product the second; the share is the median over the rounds. */
function shareOfPeak([loop = [], product = []]: readonly number[][]): number {
  return medianRatio(product, loop);
}

function kernelRows({ kernels, allocate, floats }: Arena): Row[] {
  const vector = (): number => {
    const address = allocate(4 * vectorSize);
    floats(address, vectorSize).forEach((_, i, values) => (values[i] = Math.sin(i)));
    return address;
  };
  const [a, b, c, d] = [vector(), vector(), vector(), vector()];
  const scratch = allocate(kernels.gemmScratchBytes());
  const product = (transposeA: number, transposeB: number): void => {
    kernels.gemm(transposeA, transposeB, size, size, size, a, size, b, size, c, size, 0, scratch);
  };
  const flops = (kernel: string, work: number, run: () => void): Row => {
    return { kernel, unit: 'GFLOP/s', measure: () => work / 1e6 / milliseconds(run) };
  };
  const values = (kernel: string, run: () => void): Row => {
    return { kernel, unit: 'M values/s', measure: () => vectorSize / 1e3 / milliseconds(run) };
  };
  return [
    flops('multiply-add from registers', 96 * loopSteps, () => kernels.multiplyAddLoop(loopSteps, a)),
    flops('product A B, 1024^3', 2 * size ** 3, () => {
      product(0, 0);
    }),
    flops('product A^T B, 1024^3', 2 * size ** 3, () => {
      product(1, 0);
    }),
    flops('product A B^T, 1024^3', 2 * size ** 3, () => {
      product(0, 1);
    }),
    values('Adam', () => {
      kernels.adam(a, b, c, d, vectorSize, 1e-6, 0.9, 0.999, 1e-8, 1);
    }),
    values('squared error of sigmoid, and gradient', () => kernels.squaredError(a, b, c, vectorSize, 1)),
    values('cross-entropy of sigmoid, and gradient', () => kernels.crossEntropy(a, b, c, vectorSize, 1)),
    values('uniforms', () => {
      kernels.uniforms(c, vectorSize, 0, 1, 2, scratch);
    }),
  ];
}

function milliseconds(run: () => void): number {
  const startedAt = performance.now();
  run();
  return Math.max(performance.now() - startedAt, 1e-3);
}

await main();
