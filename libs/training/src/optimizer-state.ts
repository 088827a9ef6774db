import { openArena, type KernelModule } from '@gradpool/kernels';
import { adamCorrected, adamInit, adamUpdate, type AdamState, type AdamStep } from '@gradpool/tensors';

/** The flat vectors of a run, in layout order, and the optimizer's step on them. */
export interface OptimizerState {
  readonly parameters: Float32Array;
  readonly gradient: Float32Array;
  readonly adam: AdamState;
  /** One step of Adam in place, from `gradient`. The bits are the same with and without SIMD kernels. */
  readonly update: (step: AdamStep) => void;
}

/** Vectors of `size` zeros; with SIMD kernels they lie in a memory of their own. */
export function openOptimizerState(module: KernelModule | null, size: number): OptimizerState {
  return module ? simdState(module, size) : plainState(size);
}

function plainState(size: number): OptimizerState {
  const parameters = new Float32Array(size);
  const gradient = new Float32Array(size);
  const adam = adamInit(size);
  return {
    parameters,
    gradient,
    adam,
    update(step) {
      adamUpdate(parameters, gradient, adam, step);
    },
  };
}

function simdState(module: KernelModule, size: number): OptimizerState {
  const { kernels, allocate, floats } = openArena(module, 4 * (4 * size + 64));
  const [p, g, m, v] = [allocate(4 * size), allocate(4 * size), allocate(4 * size), allocate(4 * size)];
  return {
    parameters: floats(p, size),
    gradient: floats(g, size),
    adam: { m: floats(m, size), v: floats(v, size) },
    update(step) {
      const { rate, epsilon } = adamCorrected(step);
      kernels.adam(p, g, m, v, size, rate, step.beta1, step.beta2, epsilon);
    },
  };
}
