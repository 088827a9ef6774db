import { openArena, takeStep, type KernelModule } from '@gradpool/kernels';
import {
  gradientFractionBits,
  meanOfSum,
  optimizerOf,
  stepNumbers,
  vectorsOf,
  type OptimizerMemory,
  type OptimizerRule,
} from '@gradpool/tensors';

/** The vectors of one pooled run, and what a round does with them. The bits are the same with and without SIMD. */
export interface RunVectors {
  readonly parameters: Float32Array;
  readonly memory: OptimizerMemory;
  /** Adds a sum that was screened to the round's. */
  readonly add: (partial: Float64Array) => void;
  /** One step of the optimizer along the sum divided by `weight`; the next sum begins at 0. */
  readonly step: (weight: number, learningRate: number) => void;
  /** Whether all parameters are finite. */
  readonly isFinite: () => boolean;
}

/** Vectors of `size` zeros; with SIMD kernels they lie in a memory of their own, up to 32 bytes for each parameter. */
export function openRunVectors(module: KernelModule | null, rule: OptimizerRule, size: number): RunVectors {
  return module ? simdVectors(module, rule, size) : plainVectors(rule, size);
}

/** The terms are of no account for a mean. */
const format = { fractionBits: gradientFractionBits, terms: 1 };

function plainVectors(rule: OptimizerRule, size: number): RunVectors {
  const optimizer = optimizerOf(rule);
  const [parameters, gradient] = [new Float32Array(size), new Float32Array(size)];
  const memory = optimizer.init(size);
  const sum = new Float64Array(size);
  return {
    parameters,
    memory,
    add(partial) {
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

function simdVectors(module: KernelModule, rule: OptimizerRule, size: number): RunVectors {
  const { kernels, allocate, floats, doubles } = openArena(module, 32 * size + 6 * 64);
  const [p, g] = [allocate(4 * size), allocate(4 * size)];
  const vectors = Array.from({ length: vectorsOf(rule) }, () => allocate(4 * size));
  const [sum, part] = [allocate(8 * size), allocate(8 * size)];
  const [whole, incoming, gradient] = [doubles(sum, size), doubles(part, size), floats(g, size)];
  const memory: OptimizerMemory = { step: 0, vectors: vectors.map((address) => floats(address, size)) };
  const place = { size, p, g, vectors };
  return {
    parameters: floats(p, size),
    memory,
    add(partial) {
      incoming.set(partial);
      kernels.addDoubles(sum, part, size);
    },
    step(weight, learningRate) {
      meanOfSum(whole, format, weight, gradient);
      whole.fill(0);
      memory.step += 1;
      takeStep(kernels, stepNumbers(rule, { step: memory.step, learningRate }), place);
    },
    // NaN is not below it either.
    isFinite: () => kernels.largestSize(p, size) < Infinity,
  };
}
