import { openArena, type KernelModule } from '@gradpool/kernels';
import { addTerm, type FixedPointFormat, termLimit } from '@gradpool/tensors';

/** A sum of gradients in fixed point, with the bits of `addTerm`. */
export interface ExactSum {
  /** Adds `weight` times the values as one term; false, and nothing changed, where `addTerm` would refuse. */
  readonly add: (values: Float32Array, weight: number) => boolean;
  /** The sum of all terms since the last call, in a vector of its own. */
  readonly take: () => Float64Array;
}

/** A sum of `size` values; with SIMD kernels it lies in a memory of its own. */
export function openExactSum(module: KernelModule | null, size: number, format: FixedPointFormat): ExactSum {
  return module ? simdSum(module, size, format) : plainSum(size, format);
}

function plainSum(size: number, format: FixedPointFormat): ExactSum {
  let sum = new Float64Array(size);
  return {
    add: (values, weight) => addTerm(sum, values, format, weight),
    take() {
      const taken = sum;
      sum = new Float64Array(size);
      return taken;
    },
  };
}

function simdSum(module: KernelModule, size: number, format: FixedPointFormat): ExactSum {
  const { kernels, allocate, floats, doubles } = openArena(module, 12 * size + 128);
  const [x, sum] = [allocate(4 * size), allocate(8 * size)];
  const [term, whole] = [floats(x, size), doubles(sum, size)];
  return {
    add(values, weight) {
      term.set(values);
      // Also false for NaN.
      if (!(kernels.largestSize(x, size) <= termLimit(format, weight))) return false;
      kernels.addFixedPoint(sum, x, size, weight * 2 ** format.fractionBits);
      return true;
    },
    take() {
      const taken = whole.slice();
      whole.fill(0);
      return taken;
    },
  };
}
