import * as tf from '@tensorflow/tfjs-core';
import { kernelRunner, replaceKernel, type KernelRunner, type WasmArguments } from './wasm-kernel.ts';

/**
 * The wasm backend has no Conv2DBackpropFilter, and its Conv2DBackpropInput is a scalar loop. Both are written here
 * as convolutions that XNNPACK does fast. Letters: images N, rows H, channels Ci in and Co out, stride s, kernel K,
 * padding p before the first row, O output rows; columns go like rows.
 */
export function registerComposedConvolutions(): void {
  replaceKernel('Conv2DBackpropFilter', filterGradient);
  replaceKernel('Conv2DBackpropInput', inputGradient);
}

type Pair = readonly [number, number];
type Shape4 = [number, number, number, number];
const none: Pair = [0, 0];
const stride1 = { strides: [1, 1], dimRoundingMode: undefined, dataFormat: 'NHWC' };

/**
 * dW[k] = sum over n, o of x[s o + k - p] dy[o]: a convolution of x as Ci images of N channels by dy as a filter of
 * O x O taps that lie s apart. Rows of the result beyond K belong to inputs that no window reaches; they are cut off.
 */
function filterGradient(args: WasmArguments): tf.TensorInfo {
  const { x, dy } = args.inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
  const info = forwardConvolution(args, x.shape as Shape4, args.attrs['filterShape'] as Shape4);
  const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels, outChannels } = info;
  const { top, left } = info.padInfo;
  const bottom = strideHeight * (info.outHeight - 1) + filterHeight - info.inHeight - top;
  const right = strideWidth * (info.outWidth - 1) + filterWidth - info.inWidth - left;
  const run = kernelRunner(args.backend);
  const images = run.next('Transpose', { x }, { perm: [3, 1, 2, 0] });
  const filter = run.next('Transpose', { x: dy }, { perm: [1, 2, 0, 3] });
  const pad = [none, [top, Math.max(0, bottom)], [left, Math.max(0, right)], none];
  const dilations = [strideHeight, strideWidth];
  const full = run.next('Conv2D', { x: images, filter }, { ...stride1, pad, dilations });
  const size = [inChannels, filterHeight, filterWidth, outChannels];
  const cut = run.next('Slice', { x: full }, { begin: [0, 0, 0, 0], size });
  return run.last('Transpose', { x: cut }, { perm: [1, 2, 0, 3] });
}

/**
 * dx[u - p] = sum of dy[o] W[k] over s o + k = u. With u = s q + r and k = s t + r this is, for each phase r < s, a
 * stride-1 convolution of dy over q by the T = ceil(K / s) taps W[s t + r], t from high to low. One convolution
 * makes all phases as channels; they are then interleaved, and rows before p or after H + p cut off.
 */
function inputGradient(args: WasmArguments): tf.TensorInfo {
  const { dy, filter } = args.inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo };
  const info = forwardConvolution(args, args.attrs['inputShape'] as Shape4, filter.shape as Shape4);
  const stride = [info.strideHeight, info.strideWidth] as const;
  const { top, left } = info.padInfo;
  const rows = Math.ceil((info.inHeight + top) / stride[0]);
  const columns = Math.ceil((info.inWidth + left) / stride[1]);
  const run = kernelRunner(args.backend);
  const taps = phaseFilter(run, filter, stride);
  const before = [taps.shape[0]! - 1, taps.shape[1]! - 1] as const;
  const after = [Math.max(0, rows - info.outHeight), Math.max(0, columns - info.outWidth)] as const;
  const pad = [none, [before[0], after[0]], [before[1], after[1]], none];
  const full = run.next('Conv2D', { x: dy, filter: taps }, { ...stride1, pad, dilations: [1, 1] });
  const images = interleave(run, full, stride, info.inChannels);
  const size = [info.batchSize, info.inHeight, info.inWidth, info.inChannels];
  return run.last('Slice', { x: images }, { begin: [0, top, left, 0], size });
}

/** W [K, K, Ci, Co] as [T, T, Co, s s Ci]: padded to s T taps, turned round, phases moved to the output channels. */
function phaseFilter(run: KernelRunner, filter: tf.TensorInfo, stride: Pair): tf.TensorInfo {
  const [height, width, inChannels, outChannels] = filter.shape as Shape4;
  const high = Math.ceil(height / stride[0]);
  const wide = Math.ceil(width / stride[1]);
  const paddings = [[0, stride[0] * high - height], [0, stride[1] * wide - width], none, none];
  const padded = run.next('PadV2', { x: filter }, { paddings, constantValue: 0 });
  const shape = [high, stride[0], wide, stride[1], inChannels, outChannels];
  const split = run.next('Reshape', { x: padded }, { shape });
  const turned = run.next('Reverse', { x: split }, { dims: [0, 2] });
  const phased = run.next('Transpose', { x: turned }, { perm: [0, 2, 5, 1, 3, 4] });
  return run.next('Reshape', { x: phased }, { shape: [high, wide, outChannels, stride[0] * stride[1] * inChannels] });
}

/** Phases [N, Q, Q, s s Ci] laid between each other as [N, s Q, s Q, Ci]. */
function interleave(run: KernelRunner, x: tf.TensorInfo, stride: Pair, channels: number): tf.TensorInfo {
  if (stride[0] === 1 && stride[1] === 1) return x;
  const [count, rows, columns] = x.shape as Shape4;
  const row = stride[1] * channels;
  const split = run.next('Reshape', { x }, { shape: [count * rows, columns, stride[0], row] });
  const swapped = run.next('Transpose', { x: split }, { perm: [0, 2, 1, 3] });
  return run.next('Reshape', { x: swapped }, { shape: [count, stride[0] * rows, stride[1] * columns, channels] });
}

/** Sizes and padding of the forward convolution that a gradient kernel belongs to. */
function forwardConvolution(
  { attrs }: WasmArguments,
  inShape: Shape4,
  filterShape: Shape4,
): tf.backend_util.Conv2DInfo {
  const dataFormat = (attrs['dataFormat'] ?? 'NHWC') as 'NHWC' | 'NCHW';
  if (dataFormat !== 'NHWC') throw new Error(`Convolution gradients are written for NHWC, not ${dataFormat}`);
  return tf.backend_util.computeConv2DInfo(
    inShape,
    filterShape,
    attrs['strides'] as [number, number],
    1,
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as 'floor' | undefined,
    false,
    'channelsLast',
  );
}
