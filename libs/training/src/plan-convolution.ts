import type { Kernels } from '@gradpool/kernels';
import { imageSize, type ConvLayer } from '@gradpool/experiment';
import { activationKind, type LayerPlace, type LayerPlan } from './layer-plan.ts';

/** Windows of a few images at a time stay within the second-level cache. */
const cachedBytes = 1 << 19;

/** Bytes for the windows that a layer makes at a time: of one image at least. */
export function windowBytes(layer: ConvLayer): number {
  const { rows, taps } = windowsOf(layer);
  return Math.max(cachedBytes, 4 * rows * taps);
}

/** Windows of one image: how many, and values in each. */
function windowsOf(layer: ConvLayer): { readonly rows: number; readonly taps: number } {
  const [large, small] = layer.kind === 'conv' ? [layer.input, layer.output] : [layer.output, layer.input];
  return { rows: small.height * small.width, taps: layer.kernelSize ** 2 * large.channels };
}

/**
 * A `same` convolution takes large maps to small ones, y = windows(x) W; the transposed one goes back, y = fold(x W^T).
 * Each is the other's gradient with respect to its input, and both have dW = windows(large)^T small. The windows of a
 * few images at a time are made again for each pass: cheaper than to keep and to read those of all.
 */
export function planConvolution(kernels: Kernels, layer: ConvLayer, place: LayerPlace): LayerPlan {
  const { kernel, bias, kernelGradient, biasGradient, x, y, z, dy, dx } = place;
  const down = layer.kind === 'conv';
  const maps = mapPasses(kernels, layer, place);
  const [values, channels] = [imageSize(layer.output), layer.output.channels];
  const kind = activationKind(layer);
  return {
    forward(count) {
      if (down) maps.gather(count, x, z, kernel);
      else maps.spread(count, x, z, kernel);
      kernels.biasActivate(kind, z, y, bias, (count * values) / channels, channels);
    },
    backward(count) {
      kernels.activationGradient(kind, dy, z, y, count * values);
      if (down) maps.kernelGradient(count, x, dy, kernelGradient);
      else maps.kernelGradient(count, dy, x, kernelGradient);
      kernels.columnSums(dy, (count * values) / channels, channels, biasGradient);
      if (dx === 0) return;
      if (down) maps.spread(count, dy, dx, kernel);
      else maps.gather(count, dy, dx, kernel);
    },
  };
}

interface MapPasses {
  /** small = windows(large) W. */
  readonly gather: (count: number, large: number, small: number, kernel: number) => void;
  /** large = fold(small W^T). */
  readonly spread: (count: number, small: number, large: number, kernel: number) => void;
  /** dW = windows(large)^T small. */
  readonly kernelGradient: (count: number, large: number, small: number, dKernel: number) => void;
}

/** W: [size size channels of the large maps, channels of the small ones]. */
function mapPasses(kernels: Kernels, layer: ConvLayer, { scratch, windows }: LayerPlace): MapPasses {
  const [large, small] = layer.kind === 'conv' ? [layer.input, layer.output] : [layer.output, layer.input];
  const { kernelSize, stride } = layer;
  const { rows, taps } = windowsOf(layer);
  const channels = small.channels;
  const step = Math.max(1, Math.floor(cachedBytes / (4 * rows * taps)));
  const [largeBytes, smallBytes] = [4 * imageSize(large), 4 * imageSize(small)];
  const [top, left] = [padBefore(large.height, small.height, layer), padBefore(large.width, small.width, layer)];
  const run = (pass: Kernels['im2col'], maps: number, images: number): void => {
    const { height, width, channels: depth } = large;
    // prettier-ignore
    pass(maps, images, height, width, depth, kernelSize, kernelSize, stride, stride, 1, 1, top, left, small.height, small.width, windows);
  };
  return {
    gather(count, from, to, kernel) {
      for (let i = 0; i < count; i += step) {
        const images = Math.min(step, count - i);
        run(kernels.im2col, from + i * largeBytes, images);
        const out = to + i * smallBytes;
        kernels.gemm(0, 0, images * rows, channels, taps, windows, taps, kernel, channels, out, channels, 0, scratch);
      }
    },
    spread(count, from, to, kernel) {
      for (let i = 0; i < count; i += step) {
        const images = Math.min(step, count - i);
        const maps = from + i * smallBytes;
        kernels.gemm(0, 1, images * rows, taps, channels, maps, channels, kernel, channels, windows, taps, 0, scratch);
        run(kernels.col2im, to + i * largeBytes, images);
      }
    },
    kernelGradient(count, from, maps, to) {
      for (let i = 0; i < count; i += step) {
        const images = Math.min(step, count - i);
        run(kernels.im2col, from + i * largeBytes, images);
        const dz = maps + i * smallBytes;
        const accumulate = i === 0 ? 0 : 1;
        // prettier-ignore
        kernels.gemm(1, 0, taps, channels, images * rows, windows, taps, dz, channels, to, channels, accumulate, scratch);
      }
    },
  };
}

/** Padding before the first row (or column) of a `same` convolution: the smaller half. */
function padBefore(large: number, small: number, { kernelSize, stride }: ConvLayer): number {
  return Math.floor(Math.max(0, (small - 1) * stride + kernelSize - large) / 2);
}
