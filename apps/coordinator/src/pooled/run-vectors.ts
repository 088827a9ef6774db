import { openArena, type KernelModule } from '@gradpool/kernels';
import {
  adamCorrected,
  adamDefaults,
  adamUpdate,
  gradientFractionBits,
  meanOfSum,
  type OptimizerMemory,
} from '@gradpool/tensors';

/** The vectors of one pooled run, and what a round does with them. The bits are the same with and without SIMD. */
export interface RunVectors {
  readonly parameters: Float32Array;
  /** Adam's m and v. */
  readonly memory: OptimizerMemory;
  /** Adds a sum that was screened to the round's. */
  readonly add: (partial: Float64Array) => void;
  /** One step of Adam along the sum divided by `weight`; the next sum begins at 0. */
  readonly step: (weight: number, learningRate: number) => void;
  /** Whether all parameters are finite. */
  readonly isFinite: () => boolean;
}

/** Vectors of `size` zeros; with SIMD kernels they lie in a memory of their own, 32 bytes for each parameter. */
export function openRunVectors(module: KernelModule | null, size: number): RunVectors {
  return module ? simdVectors(module, size) : plainVectors(size);
}

/** The terms are of no account for a mean. */
const format = { fractionBits: gradientFractionBits, terms: 1 };

function plainVectors(size: number): RunVectors {
  const [parameters, gradient, m, v] = Array.from({ length: 4 }, () => new Float32Array(size)) as Four;
  const memory: OptimizerMemory = { step: 0, vectors: [m, v] };
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
      memory.step += 1;
      adamUpdate(parameters, gradient, { m, v }, { ...adamDefaults, learningRate, step: memory.step });
    },
    isFinite() {
      for (let i = 0; i < size; i += 1) if (!Number.isFinite(parameters[i])) return false;
      return true;
    },
  };
}

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];

function simdVectors(module: KernelModule, size: number): RunVectors {
  const { kernels, allocate, floats, doubles } = openArena(module, 32 * size + 6 * 64);
  const [p, g, m, v] = [allocate(4 * size), allocate(4 * size), allocate(4 * size), allocate(4 * size)];
  const [sum, part] = [allocate(8 * size), allocate(8 * size)];
  const [whole, incoming, gradient] = [doubles(sum, size), doubles(part, size), floats(g, size)];
  const memory: OptimizerMemory = { step: 0, vectors: [floats(m, size), floats(v, size)] };
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
      const settings = { ...adamDefaults, learningRate, step: memory.step };
      const { rate, epsilon } = adamCorrected(settings);
      kernels.adam(p, g, m, v, size, rate, settings.beta1, settings.beta2, epsilon);
    },
    // NaN is not below it either.
    isFinite: () => kernels.largestSize(p, size) < Infinity,
  };
}
