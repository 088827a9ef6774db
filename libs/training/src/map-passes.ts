import type { Kernels } from '@gradpool/kernels';
import { imageSize, type ImageShape } from '@gradpool/experiment';

type Pair = readonly [rows: number, columns: number];

/** The windows that a convolution takes from its larger maps, one for each place of the smaller ones. */
export interface WindowShape {
  readonly large: ImageShape;
  readonly small: ImageShape;
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Rows above and columns left of the large map that the first window covers. */
  readonly padding: Pair;
}

/** Passes between `count` large maps and as many small ones, by address. W: [taps, channels of the small ones]. */
export interface MapPasses {
  /** small = windows(large) W. */
  readonly gather: (count: number, large: number, small: number, kernel: number) => void;
  /** large = fold(small W^T). */
  readonly spread: (count: number, small: number, large: number, kernel: number) => void;
  /** dW = windows(large)^T small. */
  readonly kernelGradient: (count: number, large: number, small: number, dKernel: number) => void;
  /** Both from windows made once: dW = windows(large)^T small, and out = windows(large) W. */
  readonly kernelGradientAndGather: (
    count: number,
    large: number,
    place: { readonly small: number; readonly dKernel: number; readonly kernel: number; readonly out: number },
  ) => void;
}

/** Windows of a few images at a time stay within the second-level cache. */
const cachedBytes = 1 << 19;

/** Bytes for the windows that a pass makes at a time: of one image at least. */
export function windowBytes(shape: WindowShape): number {
  const { rows, taps } = windowsOf(shape);
  return Math.max(cachedBytes, 4 * rows * taps);
}

/** Windows of one image: how many, and values in each. */
function windowsOf({ large, small, kernelSize }: WindowShape): { readonly rows: number; readonly taps: number } {
  return { rows: small.height * small.width, taps: kernelSize[0] * kernelSize[1] * large.channels };
}

/**
 * A convolution takes large maps to small ones, y = windows(x) W; the transposed one goes back, y = fold(x W^T). Each is the
 * other's gradient with respect to its input, and both have dW = windows(large)^T small. The windows of a few images at a
 * time are made again for each pass: cheaper than to keep and to read those of all.
 */
export function mapPasses(
  kernels: Kernels,
  shape: WindowShape,
  { scratch, windows }: { readonly scratch: number; readonly windows: number },
): MapPasses {
  const { large, small } = shape;
  const { rows, taps } = windowsOf(shape);
  const { channels } = small;
  const step = Math.max(1, Math.floor(cachedBytes / (4 * rows * taps)));
  const [largeBytes, smallBytes] = [4 * imageSize(large), 4 * imageSize(small)];
  const run = windowRunner(shape, windows);
  const multiply = (images: number, kernel: number, out: number): void => {
    kernels.gemm(0, 0, images * rows, channels, taps, windows, taps, kernel, channels, out, channels, 0, scratch);
  };
  const multiplyTransposed = (images: number, small: number, dKernel: number, accumulate: number): void => {
    // prettier-ignore
    kernels.gemm(1, 0, taps, channels, images * rows, windows, taps, small, channels, dKernel, channels, accumulate, scratch);
  };
  return {
    gather(count, from, to, kernel) {
      for (let i = 0; i < count; i += step) {
        const images = Math.min(step, count - i);
        run(kernels.im2col, from + i * largeBytes, images);
        multiply(images, kernel, to + i * smallBytes);
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
        multiplyTransposed(images, maps + i * smallBytes, to, i === 0 ? 0 : 1);
      }
    },
    kernelGradientAndGather(count, from, { small: maps, dKernel, kernel, out }) {
      for (let i = 0; i < count; i += step) {
        const images = Math.min(step, count - i);
        run(kernels.im2col, from + i * largeBytes, images);
        multiplyTransposed(images, maps + i * smallBytes, dKernel, i === 0 ? 0 : 1);
        multiply(images, kernel, out + i * smallBytes);
      }
    },
  };
}

function windowRunner({ large, small, kernelSize, stride, dilation, padding }: WindowShape, windows: number) {
  const { height, width, channels } = large;
  // Spread in the call, the pairs would make objects in every step.
  const [kernelHeight, kernelWidth] = kernelSize;
  const [strideHeight, strideWidth] = stride;
  const [dilationHeight, dilationWidth] = dilation;
  const [top, left] = padding;
  return (pass: Kernels['im2col'], maps: number, images: number): void => {
    // prettier-ignore
    pass(maps, images, height, width, channels, kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, top, left, small.height, small.width, windows);
  };
}
