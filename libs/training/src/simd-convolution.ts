import * as tf from '@tensorflow/tfjs-core';
import { addressOf, type KernelHeap } from './kernel-heap.ts';
import { mapPasses, windowBytes, type MapPasses, type WindowShape } from './map-passes.ts';
import { kernelOf, replaceKernel, type WasmArguments } from './wasm-kernel.ts';

type Shape4 = [number, number, number, number];

/** Puts convolutions of float32 maps and their gradients, as windows and products, in the place of those registered before. */
export function registerSimdConvolutions(heap: KernelHeap): void {
  replaceConvolution(heap, 'Conv2D', forward);
  replaceConvolution(heap, 'Conv2DBackpropInput', inputGradient);
  replaceConvolution(heap, 'Conv2DBackpropFilter', filterGradient);
}

/** One of the three: the shapes of its convolution's input and filter, and of the result, and the pass that makes it. */
interface Plan {
  readonly input: readonly number[];
  readonly filter: readonly number[];
  readonly result: (info: tf.backend_util.Conv2DInfo) => readonly number[];
  /** `address`: of a tensor by its name, or of the result. */
  readonly run: (passes: MapPasses, count: number, address: (name: string) => number) => void;
}

function forward({ inputs }: WasmArguments): Plan {
  return {
    input: inputs['x']!.shape,
    filter: inputs['filter']!.shape,
    result: ({ outShape }) => outShape,
    run: (passes, count, address) => {
      passes.gather(count, address('x'), address('result'), address('filter'));
    },
  };
}

function inputGradient({ inputs, attrs }: WasmArguments): Plan {
  return {
    input: attrs['inputShape'] as Shape4,
    filter: inputs['filter']!.shape,
    result: ({ inShape }) => inShape,
    run: (passes, count, address) => {
      passes.spread(count, address('dy'), address('result'), address('filter'));
    },
  };
}

function filterGradient({ inputs, attrs }: WasmArguments): Plan {
  return {
    input: inputs['x']!.shape,
    filter: attrs['filterShape'] as Shape4,
    result: ({ filterShape }) => filterShape,
    run: (passes, count, address) => {
      passes.kernelGradient(count, address('x'), address('dy'), address('result'));
    },
  };
}

function replaceConvolution(heap: KernelHeap, name: string, planOf: (args: WasmArguments) => Plan): void {
  const before = kernelOf(name);
  replaceKernel(name, (args) => {
    const plan = planOf(args);
    const info = plainConvolution(args, plan);
    return info ? convolve(heap, args, plan, info) : before(args);
  });
}

/** Sizes of a convolution of one group of float32 channels that come last; null for all others, and for empty ones. */
function plainConvolution({ inputs, attrs }: WasmArguments, plan: Plan): tf.backend_util.Conv2DInfo | null {
  const { input, filter } = plan;
  const channelsLast = (attrs['dataFormat'] ?? 'NHWC') === 'NHWC' && input[3] === filter[2];
  if (!channelsLast || Object.values(inputs).some((tensor) => tensor!.dtype !== 'float32')) return null;
  const info = tf.backend_util.computeConv2DInfo(
    input as Shape4,
    filter as Shape4,
    attrs['strides'] as [number, number],
    (attrs['dilations'] ?? 1) as [number, number] | number,
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as 'floor' | undefined,
  );
  return [...info.inShape, ...info.outShape, ...info.filterShape].includes(0) ? null : info;
}

function convolve(
  heap: KernelHeap,
  { inputs, backend }: WasmArguments,
  plan: Plan,
  info: tf.backend_util.Conv2DInfo,
): tf.TensorInfo {
  const shape = windowShape(info);
  const result = backend.makeOutput(plan.result(info) as number[], 'float32');
  const passes = mapPasses(heap.kernels, shape, { ...heap, windows: heap.workspace(windowBytes(shape)) });
  plan.run(passes, info.batchSize, (name) => addressOf(backend, name === 'result' ? result : inputs[name]!));
  return result;
}

function windowShape(info: tf.backend_util.Conv2DInfo): WindowShape {
  const { padInfo } = info;
  return {
    large: { height: info.inHeight, width: info.inWidth, channels: info.inChannels },
    small: { height: info.outHeight, width: info.outWidth, channels: info.outChannels },
    kernelSize: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    padding: [padInfo.top, padInfo.left],
  };
}
