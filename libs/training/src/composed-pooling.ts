import type { TensorInfo } from '@tensorflow/tfjs-core';
import { kernelOf, kernelRunner, replaceKernel, type WasmArguments } from './wasm-kernel.ts';

/**
 * The stock gradient of max-pooling is wrong where all values of a window are 0 or less. Windows that lie side by side, as
 * our models have them, get one composed of other kernels; all others keep the stock one.
 */
export function registerComposedPooling(): void {
  const before = kernelOf('MaxPoolGrad');
  replaceKernel('MaxPoolGrad', (args) => (isTiling(args) ? gradientOfTiles(args) : before(args)));
}

type Pair = readonly [rows: number, columns: number];

function isTiling({ inputs, attrs }: WasmArguments): boolean {
  const [filter, strides] = [attrs['filterSize'], attrs['strides']] as [Pair | number, Pair | number];
  if (typeof filter === 'number' || typeof strides === 'number') return false;
  const [, height, width] = inputs['input']!.shape as [number, number, number, number];
  const whole = height % filter[0] === 0 && width % filter[1] === 0;
  return filter[0] === strides[0] && filter[1] === strides[1] && whole && attrs['pad'] === 'valid';
}

/** dx = dy / n where x is the largest of its window, n being how many are; 0 elsewhere. */
function gradientOfTiles({ inputs, attrs, backend }: WasmArguments): TensorInfo {
  const { dy, input: x, output: y } = inputs as Record<'dy' | 'input' | 'output', TensorInfo>;
  const [filterSize, [, height, width]] = [attrs['filterSize'] as Pair, x.shape as [number, number, number, number]];
  const run = kernelRunner(backend);
  const spread = (value: TensorInfo): TensorInfo =>
    run.next(
      'ResizeNearestNeighbor',
      { images: value },
      { size: [height, width], alignCorners: false, halfPixelCenters: false },
    );
  const largest = run.next('Equal', { a: x, b: spread(y) }, {});
  const ones = run.next('Cast', { x: largest }, { dtype: 'float32' });
  const pooling = { filterSize, strides: filterSize, pad: 'valid' };
  const share = run.next('AvgPool', { x: ones }, pooling);
  const sum = spread(run.next('RealDiv', { a: dy, b: share }, {}));
  const scaled = run.next('Multiply', { a: ones, b: sum }, {});
  // The share is a mean over the window, not a number of places.
  const mean = run.next('Fill', {}, { shape: [], value: 1 / (filterSize[0] * filterSize[1]), dtype: 'float32' });
  return run.last('Multiply', { a: scaled, b: mean }, {});
}
