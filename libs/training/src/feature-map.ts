import {
  classifierLayers,
  imageSize,
  layersLayout,
  optimizerRule,
  weightsLayout,
  type TrialSpec,
} from '@gradpool/experiment';
import { openCodeMap } from './code-map.ts';
import type { Dataset } from './dataset.ts';
import { checkWeights } from './evaluation.ts';
import { openLayerEngine } from './layer-engine.ts';

/** What a trial makes of pictures before it reconstructs or classifies them. */
export interface FeatureMap {
  /** Numbers for each picture. */
  readonly codeSize: number;
  /** Of rows of pixels, at most the capacity. */
  readonly encode: (images: Float32Array) => Float32Array | Promise<Float32Array>;
}

export interface FeatureMapOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  readonly weights: Float32Array;
  readonly capacity: number;
}

/**
 * The codes of an autoencoder, or what a classifier sees: its features, the pixels themselves where it has no others. Throws
 * TrainingError E_WEIGHTS_SHAPE or E_WEIGHTS_NOT_FINITE.
 */
export function openFeatureMap({ spec, dataset, weights, capacity }: FeatureMapOptions): FeatureMap {
  const { manifest } = dataset;
  if (spec.task !== 'classify') return openCodeMap({ spec, image: manifest.image, weights });
  checkWeights(weights, weightsLayout(spec, manifest).size);
  const { encoder } = classifierLayers(spec, manifest);
  if (encoder.length === 0) return { codeSize: imageSize(manifest.image), encode: (images) => images.slice() };
  const engine = openLayerEngine({ layers: encoder, rule: optimizerRule(spec), capacity });
  engine.parameters.set(weights.subarray(0, layersLayout(encoder).size));
  return {
    codeSize: engine.outputs,
    encode: (images) => {
      engine.inputs.set(images);
      return engine.run(images.length / engine.width);
    },
  };
}
