import { openArena, type Arena } from './arena.ts';
import { activationKinds, type Kernels } from './kernels.ts';
import type { KernelModule } from './webassembly.ts';

const { fround } = Math;
export const arenaBytes = 1 << 21;

/**
 * Runs the kernels on small known inputs and compares every value with plain TypeScript, or all of
 * them with the digest they must have. Returns null when all agree, else
 * which kernel differed, where and how. Takes a few milliseconds.
 */
export function findWrongKernel(module: KernelModule): string | null {
  return findWrongKernelOn(openArena(module, arenaBytes));
}

/** The same for the kernels of an empty arena of `arenaBytes`. */
export function findWrongKernelOn(arena: Arena): string | null {
  return wrongProduct(arena) ?? wrongStep(arena) ?? wrongLargest(arena) ?? wrongPacked(arena) ?? wrongDigest(arena);
}

function wrongProduct(arena: Arena): string | null {
  // The second wide enough to leave out steps that add nothing.
  return (
    wrongProductOf(arena, { m: 7, n: 11, k: 9, silent: 0 }) ?? wrongProductOf(arena, { m: 7, n: 131, k: 9, silent: 5 })
  );
}

interface ProductShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Values of k at which A is 0. */
  readonly silent: number;
}

function wrongProductOf({ kernels, allocate, floats }: Arena, { m, n, k, silent }: ProductShape): string | null {
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
    for (let row = 0; row < m; row += 1)
      for (let l = 2; l < 2 + silent; l += 1) av[transposeA ? l * m + row : row * k + l] = 0;
    kernels.gemm(transposeA, transposeB, m, n, k, a, transposeA ? m : k, b, transposeB ? k : n, c, n, 0, scratch);
    for (let at = 0; at < m * n; at += 1) {
      const [row, column] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let l = 0; l < k; l += 1) {
        const x = av[transposeA ? l * m + row : row * k + l]!;
        const y = bv[transposeB ? column * k + l : l * n + column]!;
        sum = fround(sum + fround(x * y));
      }
      if (cv[at] !== sum)
        return `gemm ${transposeA}${transposeB} of ${n} columns: element ${at} is ${cv[at]}, not ${sum}`;
    }
  }
  return null;
}

/** One step of each optimizer: how its kernel is called, and what becomes of a parameter. */
const steps = [
  {
    name: 'adam',
    run: (kernels: Kernels, size: number, [p, g, m, v]: Four) => {
      kernels.adam(p, g, m, v, size, 0.01, 0.9, 0.999, 1e-8, 0.75);
    },
    expected: (p: number, g: number, m: number, v: number) => {
      const mi = 0.9 * m + (1 - 0.9) * g;
      const vi = 0.999 * v + (1 - 0.999) * g * g;
      return 0.75 * p - (0.01 * mi) / (Math.sqrt(vi) + 1e-8);
    },
  },
  {
    name: 'momentum',
    run: (kernels: Kernels, size: number, [p, g, u]: Four) => {
      kernels.momentum(p, g, u, size, 0.01, 0.9, 0);
    },
    expected: (p: number, g: number, u: number) => p - 0.01 * (0.9 * u + g),
  },
  {
    name: 'momentum (Nesterov)',
    run: (kernels: Kernels, size: number, [p, g, u]: Four) => {
      kernels.momentum(p, g, u, size, 0.01, 0.9, 1);
    },
    expected: (p: number, g: number, u: number) => p - 0.01 * (g + 0.9 * (0.9 * u + g)),
  },
  {
    name: 'sgd',
    run: (kernels: Kernels, size: number, [p, g]: Four) => {
      kernels.sgd(p, g, size, 0.01);
    },
    expected: (p: number, g: number) => p - 0.01 * g,
  },
] as const;

type Four = readonly [number, number, number, number];

function wrongStep({ kernels, allocate, floats }: Arena): string | null {
  const size = 5;
  const places: Four = [allocate(4 * size), allocate(4 * size), allocate(4 * size), allocate(4 * size)];
  for (const { name, run, expected } of steps) {
    const vectors = places.map((place) => floats(place, size));
    for (const [number, vector] of vectors.entries()) {
      for (let i = 0; i < size; i += 1) vector[i] = number === 3 ? Math.abs(sample(i + 60)) : sample(i + 20 * number);
    }
    const [p, g, m, v] = vectors.map((vector) => vector.slice()) as [Floats, Floats, Floats, Floats];
    run(kernels, size, places);
    for (const [i, seen] of vectors[0]!.entries()) {
      const wanted = fround(expected(p[i]!, g[i]!, m[i]!, v[i]!));
      if (seen !== wanted) return `${name}: parameter ${i} is ${seen}, not ${wanted}`;
    }
  }
  return null;
}

type Floats = Float32Array;

function wrongLargest({ kernels, allocate, floats }: Arena): string | null {
  const x = allocate(4 * digestSize);
  const values = floats(x, digestSize);
  for (const odd of [-3, 5, NaN]) {
    for (const place of [0, 3, digestSize - 1]) {
      values.forEach((_, i) => (values[i] = i === place ? odd : sample(i)));
      const seen = kernels.largestSize(x, digestSize);
      if (!Object.is(seen, Math.abs(odd))) return `largestSize: ${seen}, not ${Math.abs(odd)}`;
    }
  }
  return null;
}

/** Blocks of 64 values of every width that packed sums have, 0 to 8 bytes, the last one half as long. */
const packedWidths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 3] as const;
const packedSize = 64 * packedWidths.length - 32;
const packedBytes = packedWidths.reduce<number>((bytes, width) => bytes + 64 * width, 0) - 32 * packedWidths.at(-1)!;

function wrongPacked(arena: Arena): string | null {
  const { kernels, allocate, floats, doubles, octets } = arena;
  const [x, sum, out] = [allocate(8 * packedSize), allocate(8 * packedSize), allocate(4 * packedSize)];
  const [widths, packed] = [allocate(packedWidths.length), allocate(8 * packedSize + 8)];
  const [values, sums, means] = [doubles(x, packedSize), doubles(sum, packedSize), floats(out, packedSize)];
  // A value of 55 bits or more takes the width 8.
  for (let i = 0; i < packedSize; i += 1) values[i] = Math.trunc(sample(i) * 2 ** (8 * packedWidths[i >> 6]! - 1));
  const bytes = kernels.packWholes(x, packedSize, widths, packed);
  const seenWidths = octets(widths, packedWidths.length).join(' ');
  if (seenWidths !== packedWidths.join(' ')) return `packWholes: widths ${seenWidths}, not ${packedWidths.join(' ')}`;
  if (bytes !== packedBytes) return `packWholes: ${bytes} bytes, not ${packedBytes}`;
  const [squares, largest] = squaresOf(values);
  const seenSquares = [largest, largest / 2].map((most) => kernels.squaresOfWholes(widths, packed, packedSize, most));
  if (seenSquares[0] !== squares || seenSquares[1] !== -1) {
    return `squaresOfWholes: ${seenSquares.join(' and, beyond the limit, ')}, not ${squares} and -1`;
  }
  for (const rounds of [1, 2]) {
    kernels.addWholes(sum, widths, packed, packedSize);
    const at = sums.findIndex((seen, i) => seen !== rounds * values[i]!);
    if (at >= 0) return `addWholes: sum ${at} is ${sums[at]}, not ${rounds * values[at]!}`;
  }
  kernels.takeMean(sum, packedSize, 7, out);
  const at = means.findIndex((seen, i) => seen !== fround((2 * values[i]!) / 7) || sums[i] !== 0);
  return at < 0 ? null : `takeMean: mean ${at} of ${2 * values[at]!} by 7 is ${means[at]}, and ${sums[at]} stays`;
}

/** The sum of the squares by i mod 4, as (0 + 1) + (2 + 3), and the largest size. */
function squaresOf(values: Float64Array): readonly [number, number] {
  const squares = [0, 0, 0, 0];
  let largest = 0;
  for (const [i, value] of values.entries()) {
    squares[i & 3]! += value ** 2;
    largest = Math.max(largest, Math.abs(value));
  }
  return [squares[0]! + squares[1]! + (squares[2]! + squares[3]!), largest];
}

/** Kernels whose values have no short definition in float32: the bits of their output on `sample` inputs, as a digest. */
const digests = {
  linear: 378793790,
  relu: 1229889643,
  elu: 1707339600,
  tanh: 1718418905,
  gelu: 3998155892,
  sigmoid: 3644083625,
  pixels: 2247613288,
  squaredError: 2369126806,
  crossEntropy: 859091569,
  columnSums: 2685677664,
  im2col: 1691982848,
  col2im: 668434294,
  maxPool: 1578153929,
  transpose: 1170452958,
  uniforms: 502114958,
  addNoise: 2771581872,
  sums: 226762787,
  codecs: 273400377,
} as const;

/** Values of each vector that a digest is taken of; no multiple of 4, so that tails count. */
const digestSize = 70;

/** Bytes that a kernel may write, its scratch space among them. The tables of the noise follow. */
const outBytes = 4 * 16 * digestSize;

function wrongDigest({ kernels, allocate, floats, doubles }: Arena): string | null {
  const [x, y] = [allocate(4 * digestSize), allocate(4 * digestSize)];
  const out = allocate(outBytes + 8 * tableEntries);
  const written = floats(out, outBytes / 4);
  doubles(out + outBytes, tableEntries).set(Array.from({ length: tableEntries }, (_, i) => tableEntry(i)));
  for (const [name, expected] of Object.entries(digests)) {
    floats(x, digestSize).forEach((_, i, values) => (values[i] = 9 * sample(i)));
    floats(y, digestSize).forEach((_, i, values) => (values[i] = Math.abs(sample(i + 100))));
    written.fill(0.5);
    runOnSamples(kernels, name as keyof typeof digests, x, y, out);
    const digest = bitsDigest(written);
    if (digest !== expected) return `${name}: digest ${digest}, not ${expected}`;
  }
  return null;
}

const tableEntries = 65 + 65 + 33 + 2 * 256;

/** Like the tables of libs/tensors: rough logarithms, exact inverses and scales, and something for cosines and sines. */
function tableEntry(i: number): number {
  if (i < 65) return i / 93;
  if (i < 130) return 64 / (i - 1);
  return i < 163 ? 2 ** (i - 161) : sample(i);
}

function runOnSamples(kernels: Kernels, name: keyof typeof digests, x: number, y: number, out: number): void {
  switch (name) {
    case 'pixels':
      kernels.sigmoid(x, out, digestSize);
      return;
    case 'squaredError':
    case 'crossEntropy':
      kernels[name](x, y, out, digestSize, 0.25);
      return;
    case 'columnSums':
      kernels.columnSums(x, 10, 7, out);
      return;
    case 'im2col':
      kernels.im2col(x, 1, 7, 5, 2, 3, 3, 2, 2, 1, 1, 1, 1, 4, 3, out);
      return;
    case 'col2im':
      kernels.im2col(x, 1, 7, 5, 2, 3, 3, 2, 2, 1, 1, 1, 1, 4, 3, out);
      kernels.col2im(x, 1, 7, 5, 2, 3, 3, 2, 2, 1, 1, 1, 1, 4, 3, out);
      kernels.columnSums(x, 5, 14, out);
      return;
    case 'maxPool':
      kernels.maxPool(x, 1, 7, 5, 2, 3, 2, 2, 1, 1, 0, 4, 4, out);
      kernels.maxPoolGradient(x, 1, 7, 5, 2, 3, 2, 2, 1, 1, 0, 4, 4, out, y, out + 4 * digestSize);
      return;
    case 'transpose':
      kernels.transpose(x, 10, 7, out);
      return;
    case 'uniforms':
      kernels.uniforms(out, digestSize, 4 * 0xffff_fffe + 1, 5, 6, out + 8 * digestSize);
      return;
    case 'addNoise': {
      const tables = out + outBytes;
      kernels.addNoise(x, out, digestSize, 0.5, 4 * 0xffff_fffe + 1, 5, 6, tables, out + 8 * digestSize);
      return;
    }
    case 'sums':
      kernels.addFixedPoint(out, x, digestSize / 2, 2 ** 40);
      kernels.addDoubles(out, out, digestSize / 2);
      kernels.addFloats(x, y, digestSize);
      kernels.columnSums(x, 1, digestSize, out + 8 * digestSize);
      return;
    case 'codecs':
      runCodecs(kernels, x, y, out);
      return;
    default:
      kernels.biasActivate(activationKinds[name], x, out, y, 10, 7);
      kernels.activationGradient(activationKinds[name], y, x, out, digestSize);
      kernels.columnSums(y, 10, 7, out + 4 * digestSize);
  }
}

function runCodecs(kernels: Kernels, x: number, uniforms: number, out: number): void {
  const place = (number: number): number => out + 4 * digestSize * number;
  kernels.encodeBf16(x, uniforms, digestSize, place(0));
  kernels.decodeBf16(place(0), digestSize, place(1));
  kernels.encodeBlocks(x, uniforms, digestSize, 127, place(2), place(3));
  kernels.decodeBlocks(place(3), place(2), digestSize, place(4));
  kernels.encodeBlocks(x, uniforms, digestSize, 7, place(5), place(6));
  kernels.packHalves(place(6), digestSize, place(7));
  kernels.unpackHalves(place(7), digestSize, place(8));
}

/** FNV-1a (Fowler, Noll, Vo) over the 32-bit words of the values. */
function bitsDigest(values: Float32Array): number {
  let hash = 0x811c9dc5;
  for (const word of new Uint32Array(values.buffer, values.byteOffset, values.length)) {
    hash = Math.imul(hash ^ word, 0x01000193);
  }
  return hash >>> 0;
}

/** Values in (-1, 1) with full mantissas, without a pattern that could hide a swapped index. */
function sample(i: number): number {
  return fround(((i * 7919 + 104_729) % 10_007) / 5_003.5 - 1);
}
