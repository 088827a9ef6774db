import { openArena, takeStep, type Arena, type KernelModule } from '@gradpool/kernels';
import { applyStep, stepNumbers, vectorsOf, type OptimizerRule, type OptimizerStep } from '@gradpool/tensors';

/** The flat vectors of a run, in layout order, and the optimizer's step on them. */
export interface OptimizerState {
  readonly parameters: Float32Array;
  readonly gradient: Float32Array;
  /** What the optimizer remembers. */
  readonly memory: readonly Float32Array[];
  /** One step in place, from `gradient`. The bits are the same with and without SIMD kernels. */
  readonly update: (step: OptimizerStep) => void;
}

/** Vectors of `size` zeros; with SIMD kernels they lie in a memory of their own. */
export function openOptimizerState(module: KernelModule | null, rule: OptimizerRule, size: number): OptimizerState {
  if (!module) return plainState(rule, size);
  return placeOptimizer(openArena(module, optimizerBytes(rule, size)), rule, size);
}

function plainState(rule: OptimizerRule, size: number): OptimizerState {
  const parameters = new Float32Array(size);
  const gradient = new Float32Array(size);
  const memory = Array.from({ length: vectorsOf(rule) }, () => new Float32Array(size));
  return {
    parameters,
    gradient,
    memory,
    update(step) {
      applyStep(stepNumbers(rule, step), parameters, gradient, memory);
    },
  };
}

/** Bytes of an arena that `placeOptimizer` takes. */
export function optimizerBytes(rule: OptimizerRule, size: number): number {
  return (2 + vectorsOf(rule)) * (4 * size + 64);
}

/** The same in an arena; `p` and `g` are the addresses of parameters and gradient. */
export function placeOptimizer(
  { kernels, allocate, floats }: Arena,
  rule: OptimizerRule,
  size: number,
): OptimizerState & { readonly p: number; readonly g: number } {
  const [p, g] = [allocate(4 * size), allocate(4 * size)];
  const vectors = Array.from({ length: vectorsOf(rule) }, () => allocate(4 * size));
  const place = { size, p, g, vectors };
  return {
    ...{ p, g, parameters: floats(p, size), gradient: floats(g, size) },
    memory: vectors.map((address) => floats(address, size)),
    update(step) {
      takeStep(kernels, stepNumbers(rule, step), place);
    },
  };
}
