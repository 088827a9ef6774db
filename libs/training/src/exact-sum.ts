import { openArena, type KernelModule } from '@gradpool/kernels';
import {
  addTerm,
  fixedPointBlock,
  fixedPointBytes,
  fixedPointBytesMax,
  type FixedPointFormat,
  termLimit,
} from '@gradpool/tensors';

/** A sum of gradients in fixed point, with the bits of `addTerm`. */
export interface ExactSum {
  /** Adds `weight` times the values as one term; false, and nothing changed, where `addTerm` would refuse. */
  readonly add: (values: Float32Array, weight: number) => boolean;
  /** The sum of all terms since the last call, packed as it is sent (`fixedPointBytes`). */
  readonly take: () => Uint8Array;
  /** Forgets all terms since then. */
  readonly reset: () => void;
}

/** A sum of `size` values; with SIMD kernels it lies in a memory of its own. */
export function openExactSum(module: KernelModule | null, size: number, format: FixedPointFormat): ExactSum {
  return module ? simdSum(module, size, format) : plainSum(size, format);
}

function plainSum(size: number, format: FixedPointFormat): ExactSum {
  const sum = new Float64Array(size);
  return {
    add: (values, weight) => addTerm(sum, values, format, weight),
    take() {
      const taken = fixedPointBytes(sum);
      sum.fill(0);
      return taken;
    },
    reset() {
      sum.fill(0);
    },
  };
}

function simdSum(module: KernelModule, size: number, format: FixedPointFormat): ExactSum {
  const blocks = Math.ceil(size / fixedPointBlock);
  // The kernel writes eight bytes at a time.
  const packedBytesMax = fixedPointBytesMax(size) + 8;
  const { kernels, allocate, floats, doubles, octets } = openArena(module, 12 * size + packedBytesMax + 3 * 64);
  const [x, sum, packed] = [allocate(4 * size), allocate(8 * size), allocate(packedBytesMax)];
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
      const bytes = blocks + kernels.packWholes(sum, size, packed, packed + blocks);
      whole.fill(0);
      return octets(packed, bytes).slice();
    },
    reset() {
      whole.fill(0);
    },
  };
}
