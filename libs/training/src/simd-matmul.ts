import type * as tf from '@tensorflow/tfjs-core';
import { addressOf, type KernelHeap } from './kernel-heap.ts';
import { kernelOf, replaceKernel, type WasmArguments } from './wasm-kernel.ts';

/** Puts our matrix product in the place of the one registered before. */
export function registerSimdMatMul(heap: KernelHeap): void {
  const before = kernelOf('BatchMatMul');
  replaceKernel('BatchMatMul', (args) => {
    const sizes = plainProduct(args);
    return sizes ? multiply(heap, args, sizes) : before(args);
  });
}

interface ProductSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Sizes of a product of two float32 matrices; null for stacks of matrices and empty ones. */
function plainProduct({ inputs, attrs }: WasmArguments): ProductSizes | null {
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  if (a.shape.length !== 2 || b.shape.length !== 2 || a.dtype !== 'float32' || b.dtype !== 'float32') return null;
  const [m, k] = attrs['transposeA'] === true ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const n = attrs['transposeB'] === true ? b.shape[0]! : b.shape[1]!;
  return m * n * k === 0 ? null : { m, n, k };
}

function multiply(
  { kernels, scratch }: KernelHeap,
  { inputs, attrs, backend }: WasmArguments,
  { m, n, k }: ProductSizes,
): tf.TensorInfo {
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const out = backend.makeOutput([m, n], 'float32');
  const address = (tensor: tf.TensorInfo): number => addressOf(backend, tensor);
  const [transposeA, transposeB] = [Number(attrs['transposeA'] === true), Number(attrs['transposeB'] === true)];
  const [lda, ldb] = [a.shape[1]!, b.shape[1]!];
  kernels.gemm(transposeA, transposeB, m, n, k, address(a), lda, address(b), ldb, address(out), n, 0, scratch);
  return out;
}
