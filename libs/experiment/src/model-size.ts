import type { ImageShape } from './image-shape.ts';
import { modelLayers } from './model-layers.ts';
import type { TrialSpec } from './trial-spec.ts';

/** Largest model that a sweep may ask for: 64 MiB of float32 weights. */
export const modelLimits = { parametersMax: 16_777_216 } as const;

/** Number of parameters of the trial's model. */
export function parameterCount(spec: TrialSpec, image: ImageShape): number {
  return modelLayers(spec, image).layers.reduce((sum, layer) => {
    if (layer.kind === 'dense') return sum + (layer.inputs + 1) * layer.outputs;
    return sum + (layer.kernelSize ** 2 * layer.input.channels + 1) * layer.output.channels;
  }, 0);
}
