import type { Arena, Kernels } from '@gradpool/kernels';
import { convolvedMaps, imageSize, type ConvLayer, type ImageShape } from '@gradpool/experiment';
import { activationKind, type LayerPlace, type LayerPlan } from './layer-plan.ts';
import { mapPasses, type WindowShape } from './map-passes.ts';
import { fullMaps, planMaxPool, planRepeat } from './plan-pooling.ts';

/** The windows of a convolution, or of the one that a transposed convolution undoes. */
export function layerWindows(layer: ConvLayer): WindowShape {
  const { large, small } = convolvedMaps(layer);
  const { kernelSize, stride } = layer;
  return {
    ...{ large, small, kernelSize: [kernelSize, kernelSize], stride: [stride, stride], dilation: [1, 1] },
    padding: [padBefore(large.height, small.height, layer), padBefore(large.width, small.width, layer)],
  };
}

/** A convolution there or back; with max-pooling after it, or values repeated before it, where the layer says so. */
export function planConvolution(arena: Arena, layer: ConvLayer, place: LayerPlace): LayerPlan {
  const full = fullMaps(layer);
  if (full === null) return planPlain(arena.kernels, layer, place);
  return layer.kind === 'conv' ? planPooled(arena, layer, place, full) : planRepeated(arena, layer, place, full);
}

function planPlain(kernels: Kernels, layer: ConvLayer, place: LayerPlace): LayerPlan {
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

/** y = pool(a(conv(x) + b)). The activations stay, since the gradient asks where the largest were. */
function planPooled(arena: Arena, layer: ConvLayer, place: LayerPlace, full: ImageShape): LayerPlan {
  const { kernels, allocate } = arena;
  const { capacity, kernel, bias, kernelGradient, biasGradient, x, y, dy, dx } = place;
  const maps = mapPasses(kernels, layerWindows(layer), place);
  const pool = planMaxPool(kernels, layer, full);
  const [values, { channels }] = [imageSize(full), full];
  const kind = activationKind(layer);
  const active = allocate(4 * capacity * values);
  const z = layer.activation === 'gelu' ? allocate(4 * capacity * values) : active;
  const [dActive] = place.maps;
  return {
    forward(count) {
      maps.gather(count, x, z, kernel);
      kernels.biasActivate(kind, z, active, bias, (count * values) / channels, channels);
      pool.forward(count, active, y);
    },
    backward(count) {
      pool.backward(count, active, y, dy, dActive);
      kernels.activationGradient(kind, dActive, z, active, count * values);
      kernels.columnSums(dActive, (count * values) / channels, channels, biasGradient);
      maps.kernelGradient(count, x, dActive, kernelGradient);
      if (dx !== 0) maps.spread(count, dActive, dx, kernel);
    },
  };
}

/** y = a(conv^T(repeat(x)) + b). Repeating again is cheaper than to keep what it gave. */
function planRepeated(arena: Arena, layer: ConvLayer, place: LayerPlace, full: ImageShape): LayerPlan {
  const { kernels } = arena;
  const { kernel, bias, kernelGradient, biasGradient, x, y, z, dy, dx } = place;
  const maps = mapPasses(kernels, layerWindows(layer), place);
  const repeat = planRepeat(arena, layer, full, place);
  const [values, channels] = [imageSize(layer.output), layer.output.channels];
  const kind = activationKind(layer);
  const [repeated, dRepeated] = place.maps;
  const both = { small: repeated, dKernel: kernelGradient, kernel, out: dRepeated };
  return {
    forward(count) {
      repeat.forward(count, x, repeated);
      maps.spread(count, repeated, z, kernel);
      kernels.biasActivate(kind, z, y, bias, (count * values) / channels, channels);
    },
    backward(count) {
      kernels.activationGradient(kind, dy, z, y, count * values);
      kernels.columnSums(dy, (count * values) / channels, channels, biasGradient);
      repeat.forward(count, x, repeated);
      maps.kernelGradientAndGather(count, dy, both);
      if (dx !== 0) repeat.backward(count, dRepeated, dx);
    },
  };
}

/** Padding before the first row (or column); of a `same` convolution it is the smaller half. */
function padBefore(large: number, small: number, { kernelSize, stride, padding }: ConvLayer): number {
  if (padding !== 'same') return padding;
  return Math.floor(Math.max(0, (small - 1) * stride + kernelSize - large) / 2);
}
