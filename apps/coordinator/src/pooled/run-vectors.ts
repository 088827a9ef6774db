import { openArena, takeStep, type KernelModule } from '@gradpool/kernels';
import {
  fixedPointBlock,
  fixedPointBytesMax,
  fixedPointFromBytes,
  gradientFractionBits,
  isPartialSum,
  meanOfSum,
  optimizerOf,
  stepNumbers,
  vectorsOf,
  fixedPointLimit,
  type FixedPointFormat,
  type OptimizerMemory,
  type OptimizerRule,
} from '@gradpool/tensors';

/** The vectors of one pooled run, and what a round does with them. The bits are the same with and without SIMD. */
export interface RunVectors {
  readonly parameters: Float32Array;
  readonly memory: OptimizerMemory;
  /** Of a packed sum of `size` values: the sum of their squares; null where one is no whole number or larger than `terms` gradients can be. */
  readonly squares: (packed: Uint8Array, terms: number) => number | null;
  /** Adds a packed sum that was screened to the round's. */
  readonly add: (packed: Uint8Array) => void;
  /** One step of the optimizer along the sum divided by `weight`; the next sum begins at 0. */
  readonly step: (weight: number, learningRate: number) => void;
  /** Whether all parameters are finite. */
  readonly isFinite: () => boolean;
}

export interface RunShape {
  readonly rule: OptimizerRule;
  readonly size: number;
  /** Micro-batches of a round at most. */
  readonly terms: number;
}

/** Vectors of `size` zeros; with SIMD kernels they lie in a memory of their own, up to 33 bytes for each parameter. */
export function openRunVectors(module: KernelModule | null, shape: RunShape): RunVectors {
  return module ? simdVectors(module, shape) : plainVectors(shape);
}

const formatFor = (terms: number): FixedPointFormat => ({ fractionBits: gradientFractionBits, terms });

function plainVectors({ rule, size, terms: termsMax }: RunShape): RunVectors {
  const format = formatFor(termsMax);
  const optimizer = optimizerOf(rule);
  const [parameters, gradient] = [new Float32Array(size), new Float32Array(size)];
  const memory = optimizer.init(size);
  const sum = new Float64Array(size);
  return {
    parameters,
    memory,
    squares(packed, terms) {
      const partial = fixedPointFromBytes(packed, size);
      if (!isPartialSum(partial, format, terms)) return null;
      // In the order of the kernels. By index: `for of` over a typed array takes ten times as long.
      const squares = new Float64Array(4);
      for (let i = 0; i < size; i += 1) squares[i & 3] = squares[i & 3]! + partial[i]! ** 2;
      return squares[0]! + squares[1]! + (squares[2]! + squares[3]!);
    },
    add(packed) {
      const partial = fixedPointFromBytes(packed, size);
      for (let i = 0; i < size; i += 1) sum[i] = sum[i]! + partial[i]!;
    },
    step(weight, learningRate) {
      meanOfSum(sum, format, weight, gradient);
      sum.fill(0);
      optimizer.update(parameters, gradient, memory, learningRate);
    },
    isFinite() {
      for (let i = 0; i < size; i += 1) if (!Number.isFinite(parameters[i])) return false;
      return true;
    },
  };
}

function simdVectors(module: KernelModule, { rule, size, terms: termsMax }: RunShape): RunVectors {
  const format = formatFor(termsMax);
  const blocks = Math.ceil(size / fixedPointBlock);
  // The kernels read eight bytes at a time.
  const packedBytesMax = fixedPointBytesMax(size) + 8;
  const { kernels, allocate, floats, octets } = openArena(module, 24 * size + packedBytesMax + 6 * 64);
  const [p, g] = [allocate(4 * size), allocate(4 * size)];
  const vectors = Array.from({ length: vectorsOf(rule) }, () => allocate(4 * size));
  const [sum, part] = [allocate(8 * size), allocate(packedBytesMax)];
  const incoming = octets(part, packedBytesMax);
  const memory: OptimizerMemory = { step: 0, vectors: vectors.map((address) => floats(address, size)) };
  const place = { size, p, g, vectors };
  return {
    parameters: floats(p, size),
    memory,
    squares(packed, terms) {
      incoming.set(packed);
      const limit = fixedPointLimit(format) * Math.min(terms, termsMax);
      const squares = kernels.squaresOfWholes(part, part + blocks, size, limit);
      return squares < 0 ? null : squares;
    },
    add(packed) {
      incoming.set(packed);
      kernels.addWholes(sum, part, part + blocks, size);
    },
    step(weight, learningRate) {
      kernels.takeMean(sum, size, weight * 2 ** format.fractionBits, g);
      memory.step += 1;
      takeStep(kernels, stepNumbers(rule, { step: memory.step, learningRate }), place);
    },
    // NaN is not below it either.
    isFinite: () => kernels.largestSize(p, size) < Infinity,
  };
}
