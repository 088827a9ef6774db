import * as tf from '@tensorflow/tfjs-core';
import { addressOf, type KernelHeap } from './kernel-heap.ts';
import { kernelOf, replaceKernel, type WasmArguments } from './wasm-kernel.ts';

/** Puts our sums of float32 values over the leading axes (a bias' gradient) in the place of the stock ones, which are scalar loops. */
export function registerSimdSum({ kernels }: KernelHeap): void {
  const before = kernelOf('Sum');
  replaceKernel('Sum', (args) => {
    const sizes = leadingSum(args);
    if (!sizes) return before(args);
    const { backend, inputs } = args;
    const out = backend.makeOutput(sizes.shape, 'float32');
    kernels.columnSums(addressOf(backend, inputs['x']!), sizes.rows, sizes.columns, addressOf(backend, out));
    return out;
  });
}

interface LeadingSum {
  readonly rows: number;
  readonly columns: number;
  readonly shape: number[];
}

/** Sizes of a sum over the first axes but not all of them; null for any other one. */
function leadingSum({ inputs, attrs }: WasmArguments): LeadingSum | null {
  const { shape, dtype } = inputs['x']!;
  const axes = tf.util.parseAxisParam(attrs['axis'] as number | number[], shape).toSorted((a, b) => a - b);
  const leading = axes.length < shape.length && axes.every((axis, i) => axis === i);
  const [rows, columns] = [tf.util.sizeFromShape(shape.slice(0, axes.length)), shape.slice(axes.length)];
  if (!leading || axes.length === 0 || dtype !== 'float32' || shape.includes(0)) return null;
  const kept = attrs['keepDims'] === true ? axes.map(() => 1) : [];
  return { rows, columns: tf.util.sizeFromShape(columns), shape: [...kept, ...columns] };
}
