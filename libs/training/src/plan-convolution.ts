import type { Kernels } from '@gradpool/kernels';
import { convolvedMaps, imageSize, type ConvLayer } from '@gradpool/experiment';
import { activationKind, type LayerPlace, type LayerPlan } from './layer-plan.ts';
import { mapPasses, type WindowShape } from './map-passes.ts';

/** The windows of a convolution, or of the one that a transposed convolution undoes. */
export function layerWindows(layer: ConvLayer): WindowShape {
  const { large, small } = convolvedMaps(layer);
  const { kernelSize, stride } = layer;
  return {
    ...{ large, small, kernelSize: [kernelSize, kernelSize], stride: [stride, stride], dilation: [1, 1] },
    padding: [padBefore(large.height, small.height, layer), padBefore(large.width, small.width, layer)],
  };
}

export function planConvolution(kernels: Kernels, layer: ConvLayer, place: LayerPlace): LayerPlan {
  const { kernel, bias, kernelGradient, biasGradient, x, y, z, dy, dx } = place;
  const down = layer.kind === 'conv';
  const maps = mapPasses(kernels, layerWindows(layer), place);
  const [values, channels] = [imageSize(layer.output), layer.output.channels];
  const kind = activationKind(layer);
  const both = { small: x, dKernel: kernelGradient, kernel, out: dx };
  return {
    forward(count) {
      if (down) maps.gather(count, x, z, kernel);
      else maps.spread(count, x, z, kernel);
      kernels.biasActivate(kind, z, y, bias, (count * values) / channels, channels);
    },
    backward(count) {
      kernels.activationGradient(kind, dy, z, y, count * values);
      kernels.columnSums(dy, (count * values) / channels, channels, biasGradient);
      if (down) {
        maps.kernelGradient(count, x, dy, kernelGradient);
        if (dx !== 0) maps.spread(count, dy, dx, kernel);
      } else if (dx === 0) maps.kernelGradient(count, dy, x, kernelGradient);
      else maps.kernelGradientAndGather(count, dy, both);
    },
  };
}

/** Padding before the first row (or column); of a `same` convolution it is the smaller half. */
function padBefore(large: number, small: number, { kernelSize, stride, padding }: ConvLayer): number {
  if (padding !== 'same') return padding;
  return Math.floor(Math.max(0, (small - 1) * stride + kernelSize - large) / 2);
}
