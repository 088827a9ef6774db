import { compileKernels, openArena, type Arena } from '@gradpool/kernels';
import { addPartialSum, addTerm, gradientFractionBits } from '@gradpool/tensors';
import { loopHolds } from './loop-holds.ts';
import { median, medianRatio } from './statistics.ts';

/**
 * `npm run bench:reduce`: what it costs to add one gradient of 4.19 MB to a sum, against copying it. All are measured by
 * turns and the median counts. Then how long a round holds the coordinator's event loop. `--json` prints the keys of the project's targets last.
 */
const rounds = 41;
/** Calls in one measurement. */
const calls = 8;
const size = 1_047_576;
/** Layers of models of 4 and of 43 MB. */
const models = [
  [512, 256],
  [4096, 512],
];

interface Row {
  readonly label: string;
  readonly run: () => void;
}

async function main(): Promise<void> {
  const module = await compileKernels();
  if (!module) throw new Error('This engine has no WebAssembly SIMD; there is nothing to measure');
  const rows = [...kernelRows(openArena(module, 40 << 20)), ...plainRows()];
  for (const { run } of rows) for (let warm = 0; warm < 20; warm += 1) run();
  const times = rows.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { run }] of rows.entries()) times[i]!.push(milliseconds(run));
  }
  const [copy = [], simdAdd = [], exactAdd = []] = times;
  console.table(
    rows.map(({ label }, i) => ({
      label,
      ms: Number(median(times[i]!).toFixed(3)),
      'times a copy': medianRatio(times[i]!, copy),
    })),
  );
  const holds = [];
  for (const hidden of models) holds.push(await loopHolds(hidden, module));
  console.table(holds);
  if (!process.argv.includes('--json')) return;
  // The first as a speed, at least 0.9 of a copy's; the second as a time, at most 1.5 of it.
  const figures = { simdAddVsMemcpy: medianRatio(copy, simdAdd), exactAddVsMemcpy: medianRatio(exactAdd, copy) };
  const longest = holds.map(({ inThreadMs }) => inThreadMs);
  console.log(JSON.stringify({ ...figures, longestHoldMs: Math.max(...longest) }));
}

function kernelRows({ kernels, allocate, floats, doubles }: Arena): Row[] {
  const [x, copy, sum, exact, other] = [
    ...[allocate(4 * size), allocate(4 * size), allocate(4 * size)],
    ...[allocate(8 * size), allocate(8 * size)],
  ] as [number, number, number, number, number];
  gradient(floats(x, size));
  const [from, to] = [floats(x, size), floats(copy, size)];
  doubles(other, size).fill(1);
  const scale = 2 ** gradientFractionBits;
  return [
    { label: 'copy of 4.19 MB', run: () => to.set(from) },
    { label: 'SIMD: float32 sum', run: () => kernels.addFloats(sum, x, size) },
    { label: 'SIMD: exact sum of float32', run: () => kernels.addFixedPoint(exact, x, size, scale) },
    { label: 'SIMD: exact sum of exact sums (8.38 MB)', run: () => kernels.addDoubles(exact, other, size) },
  ];
}

/** The same in TypeScript, with all checks. */
function plainRows(): Row[] {
  const format = { fractionBits: gradientFractionBits, terms: 16 };
  const x = new Float32Array(size);
  gradient(x);
  const [sum, partial, whole] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  addTerm(partial, x, format);
  return [
    {
      label: 'TypeScript: exact sum of float32, checked',
      run: () => void addTerm(sum, x, format),
    },
    {
      label: 'TypeScript: exact sum of exact sums, checked',
      run: () => void addPartialSum(whole, partial, format, 1),
    },
  ];
}

function gradient(out: Float32Array): void {
  for (let i = 0; i < out.length; i += 1) out[i] = 1e-3 * Math.sin(i);
}

function milliseconds(run: () => void): number {
  const startedAt = performance.now();
  for (let call = 0; call < calls; call += 1) run();
  return Math.max(performance.now() - startedAt, 1e-3) / calls;
}

await main();
