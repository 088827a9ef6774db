import {
  fillNormals,
  fillUniforms,
  type ParameterLayout,
  parameterLayout,
  parameterViews,
  streamOf,
} from '@gradpool/tensors';
import type { ImageShape } from './image-shape.ts';
import { type Layer, modelLayers } from './model-layers.ts';
import type { TrialSpec } from './trial-spec.ts';

/** Where each layer's `<layer>/kernel` and `<layer>/bias` lie in the flat vector, in layer order. */
export const modelLayout = (spec: TrialSpec, image: ImageShape): ParameterLayout =>
  layersLayout(modelLayers(spec, image).layers);

/** The same of any layers. */
export function layersLayout(layers: readonly Layer[]): ParameterLayout {
  return parameterLayout(
    layers.flatMap((layer) => [
      { name: `${layer.name}/kernel`, shape: kernelShape(layer) },
      { name: `${layer.name}/bias`, shape: [outputUnits(layer)] },
    ]),
  );
}

/**
 * The flat vector that training starts from, drawn by `spec.seed` alone: biases zero; kernels before a rectifier
 * He normal (sd sqrt(2 / fan in)), all others Glorot uniform (bound sqrt(6 / (fan in + fan out))).
 */
export const initialParameters = (spec: TrialSpec, image: ImageShape): Float32Array =>
  initialVector(modelLayers(spec, image).layers, spec.seed);

/** The same of any layers: each one's draws depend on the seed and its name alone. */
export function initialVector(layers: readonly Layer[], seed: number): Float32Array {
  const layout = layersLayout(layers);
  const flat = new Float32Array(layout.size);
  const views = parameterViews(layout, flat);
  layers.forEach((layer, i) => {
    const kernel = views[2 * i];
    if (kernel !== undefined) fillKernel(kernel, layer, seed);
  });
  return flat;
}

function fillKernel(kernel: Float32Array, layer: Layer, seed: number): void {
  const key = { seed, stream: streamOf('initial', layer.name) };
  const { fanIn, fanOut } = fans(layer);
  if (layer.activation === 'relu' || layer.activation === 'elu' || layer.activation === 'gelu') {
    const sd = Math.sqrt(2 / fanIn);
    fillNormals(kernel, key, 0);
    for (let i = 0; i < kernel.length; i += 1) kernel[i] = (kernel[i] ?? 0) * sd;
  } else {
    const bound = Math.sqrt(6 / (fanIn + fanOut));
    fillUniforms(kernel, key, 0);
    for (let i = 0; i < kernel.length; i += 1) kernel[i] = (2 * (kernel[i] ?? 0) - 1) * bound;
  }
}

function kernelShape(layer: Layer): number[] {
  switch (layer.kind) {
    case 'dense':
      return [layer.inputs, layer.outputs];
    case 'conv':
      return [layer.kernelSize, layer.kernelSize, layer.input.channels, layer.output.channels];
    case 'conv_transpose':
      return [layer.kernelSize, layer.kernelSize, layer.output.channels, layer.input.channels];
    default:
      return layer satisfies never;
  }
}

function outputUnits(layer: Layer): number {
  return layer.kind === 'dense' ? layer.outputs : layer.output.channels;
}

/** Inputs that reach one output unit and outputs that one input unit reaches; a stride spreads a transposed kernel over stride^2 outputs. */
function fans(layer: Layer): { fanIn: number; fanOut: number } {
  if (layer.kind === 'dense') return { fanIn: layer.inputs, fanOut: layer.outputs };
  const taps = layer.kernelSize * layer.kernelSize;
  const strided = taps / (layer.stride * layer.stride);
  return layer.kind === 'conv'
    ? { fanIn: taps * layer.input.channels, fanOut: strided * layer.output.channels }
    : { fanIn: strided * layer.input.channels, fanOut: taps * layer.output.channels };
}
