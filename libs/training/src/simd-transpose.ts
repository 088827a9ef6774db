import type * as tf from '@tensorflow/tfjs-core';
import { addressOf, type KernelHeap } from './kernel-heap.ts';
import { kernelOf, replaceKernel } from './wasm-kernel.ts';

/** Puts our transpose of float32 matrices in the place of the stock one, which moves value by value. */
export function registerSimdTranspose({ kernels }: KernelHeap): void {
  const before = kernelOf('Transpose');
  replaceKernel('Transpose', (args) => {
    const { inputs, attrs, backend } = args;
    const x = inputs['x']!;
    if (!turnsMatrix(x, attrs['perm'] as number[])) return before(args);
    const [rows, columns] = x.shape as [number, number];
    const y = backend.makeOutput([columns, rows], 'float32');
    kernels.transpose(addressOf(backend, x), rows, columns, addressOf(backend, y));
    return y;
  });
}

function turnsMatrix({ shape, dtype }: tf.TensorInfo, perm: readonly number[]): boolean {
  return shape.length === 2 && perm[0] === 1 && dtype === 'float32' && !shape.includes(0);
}
