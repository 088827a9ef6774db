import type { Arena, Kernels } from '@gradpool/kernels';
import { convolvedMaps, imageSize, type ConvLayer, type ImageShape, type Layer } from '@gradpool/experiment';
import { mapPasses, windowBytes, type MapPasses, type WindowShape } from './map-passes.ts';

/** Bytes that pooled layers need beside what layers have: their own, and what they use by turns. */
export interface PoolingBytes {
  readonly own: number;
  readonly shared: number;
  /** Of windows, see `windowBytes`. */
  readonly windows: number;
}

/** The maps of a convolution before they are pooled, or after their values are repeated; null for any other layer. */
export function fullMaps(layer: Layer): ImageShape | null {
  return layer.kind === 'dense' || layer.pool === 1 ? null : convolvedMaps(layer).small;
}

/** How repeated values lie over the maps they were: windows of pool x pool without overlap. */
function repeatWindows({ pool, input }: ConvLayer, full: ImageShape): WindowShape {
  const side = [pool, pool] as const;
  return { large: full, small: input, kernelSize: side, stride: side, dilation: [1, 1], padding: [0, 0] };
}

/** Bytes of `pool` x `pool` identity matrices of all channels, one below the other. */
const identitiesBytes = ({ pool, input: { channels } }: ConvLayer): number => 4 * pool * pool * channels * channels;

/** What pooling adds to an arena of layers. */
export function poolingBytes(layers: readonly Layer[], capacity: number): PoolingBytes {
  let [own, shared, windows] = [0, 0, 0];
  for (const layer of layers) {
    const full = fullMaps(layer);
    if (full === null || layer.kind === 'dense') continue;
    const bytes = 4 * capacity * imageSize(full);
    shared = Math.max(shared, bytes);
    if (layer.kind === 'conv') own += layer.activation === 'gelu' ? 2 * bytes : bytes;
    else {
      own += identitiesBytes(layer);
      windows = Math.max(windows, windowBytes(repeatWindows(layer, full)));
    }
  }
  return { own, shared: 2 * shared, windows };
}

/** y = the largest of each window of full maps, by address; the gradient goes where it came from. */
export interface PooledMaps {
  readonly forward: (count: number, full: number, y: number) => void;
  readonly backward: (count: number, full: number, y: number, dy: number, dFull: number) => void;
}

export function planMaxPool(kernels: Kernels, { pool, output }: ConvLayer, full: ImageShape): PooledMaps {
  const { height, width, channels } = full;
  return {
    forward(count, maps, y) {
      // prettier-ignore
      kernels.maxPool(maps, count, height, width, channels, pool, pool, pool, pool, 0, 0, output.height, output.width, y);
    },
    backward(count, maps, y, dy, dMaps) {
      // prettier-ignore
      kernels.maxPoolGradient(maps, count, height, width, channels, pool, pool, pool, pool, 0, 0, output.height, output.width, y, dy, dMaps);
    },
  };
}

export interface RepeatedMaps {
  /** full = each value of x repeated pool x pool. */
  readonly forward: (count: number, x: number, full: number) => void;
  /** dx = the sum of dFull over the copies of each value. */
  readonly backward: (count: number, dFull: number, dx: number) => void;
}

/**
 * Repeating values is the transposed convolution whose kernel is an identity matrix at each tap, and summing over the copies that
 * convolution itself: what multiplies is 1 or 0, so nothing is rounded.
 */
export function planRepeat(
  arena: Arena,
  layer: ConvLayer,
  full: ImageShape,
  place: { readonly scratch: number; readonly windows: number },
): RepeatedMaps {
  const { channels } = layer.input;
  const passes: MapPasses = mapPasses(arena.kernels, repeatWindows(layer, full), place);
  const bytes = identitiesBytes(layer);
  const identities = arena.allocate(bytes);
  const values = arena.floats(identities, bytes / 4);
  for (let row = 0; row < values.length / channels; row += 1) values[row * channels + (row % channels)] = 1;
  return {
    forward(count, x, maps) {
      passes.spread(count, x, maps, identities);
    },
    backward(count, dMaps, dx) {
      passes.gather(count, dMaps, dx, identities);
    },
  };
}
