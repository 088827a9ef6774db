import { codecBytes, openArena, placeCodec, type KernelModule } from '@gradpool/kernels';
import { codecs, difference, isFiniteVector, type CodecName, type RandomKey } from '@gradpool/tensors';

/** Encodes after - before; null where that is not finite. The bytes are the same with and without SIMD kernels. */
export type LaneChange = (after: Float32Array, before: Float32Array, key: RandomKey) => Uint8Array | null;

/** For vectors of `size` values; with SIMD kernels they are copied into a memory of their own. */
export function openLaneChange(module: KernelModule | null, codec: CodecName, size: number): LaneChange {
  return module ? simdChange(module, codec, size) : plainChange(codec);
}

function plainChange(codec: CodecName): LaneChange {
  return (after, before, key) => {
    const change = difference(after, before);
    return isFiniteVector(change) ? codecs[codec].encode(change, key) : null;
  };
}

function simdChange(module: KernelModule, name: CodecName, size: number): LaneChange {
  const arena = openArena(module, 2 * (4 * size + 64) + codecBytes(size));
  const { kernels, allocate, floats } = arena;
  const [x, y] = [allocate(4 * size), allocate(4 * size)];
  const [change, start] = [floats(x, size), floats(y, size)];
  const codec = placeCodec(arena, name, size);
  return (after, before, key) => {
    change.set(after);
    start.set(before);
    // A step of SGD at rate 1 is the difference, rounded once.
    kernels.sgd(x, y, size, 1);
    // Also false for NaN.
    return kernels.largestSize(x, size) < Infinity ? codec.encode(x, key) : null;
  };
}
