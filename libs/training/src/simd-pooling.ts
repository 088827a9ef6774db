import * as tf from '@tensorflow/tfjs-core';
import { addressOf, type KernelHeap } from './kernel-heap.ts';
import { kernelOf, replaceKernel, type WasmArguments } from './wasm-kernel.ts';

/**
 * Puts our max-pooling and its gradient in the place of the stock ones. The stock gradient is wrong where all values of a
 * window are 0 or less.
 */
export function registerSimdPooling({ kernels }: KernelHeap): void {
  const before = kernelOf('MaxPool');
  replaceKernel('MaxPool', (args) => {
    const x = args.inputs['x']!;
    const info = poolingOf(args, x);
    if (!info) return before(args);
    const { backend } = args;
    const y = backend.makeOutput(info.outShape, 'float32');
    kernels.maxPool(addressOf(backend, x), ...windowsOf(info), addressOf(backend, y));
    return y;
  });
  const gradientBefore = kernelOf('MaxPoolGrad');
  replaceKernel('MaxPoolGrad', (args) => {
    const { backend } = args;
    const { dy, input, output } = args.inputs as Record<'dy' | 'input' | 'output', tf.TensorInfo>;
    const info = poolingOf(args, input);
    if (!info) return gradientBefore(args);
    const dx = backend.makeOutput(input.shape, 'float32');
    const [x, y, dyAt, dxAt] = [input, output, dy, dx].map((tensor) => addressOf(backend, tensor)) as Four;
    kernels.maxPoolGradient(x, ...windowsOf(info), y, dyAt, dxAt);
    return dx;
  });
}

type Four = [number, number, number, number];

/** Null for maps that are not float32, and for empty ones. */
function poolingOf({ attrs }: WasmArguments, x: tf.TensorInfo): tf.backend_util.Conv2DInfo | null {
  if (x.dtype !== 'float32') return null;
  const info = tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    attrs['filterSize'] as [number, number],
    attrs['strides'] as [number, number],
    1,
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as 'floor' | undefined,
  );
  return [...info.inShape, ...info.outShape].includes(0) ? null : info;
}

function windowsOf(info: tf.backend_util.Conv2DInfo) {
  const { batchSize, inHeight, inWidth, inChannels, filterHeight, filterWidth, padInfo } = info;
  const { strideHeight, strideWidth, outHeight, outWidth } = info;
  const maps = [batchSize, inHeight, inWidth, inChannels] as const;
  const steps = [filterHeight, filterWidth, strideHeight, strideWidth, padInfo.top, padInfo.left] as const;
  return [...maps, ...steps, outHeight, outWidth] as const;
}
