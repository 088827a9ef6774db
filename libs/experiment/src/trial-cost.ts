import type { DatasetManifest } from './manifest.ts';
import type { ImageShape } from './image-shape.ts';
import { classifierLayers, isPretrained } from './classifier-layers.ts';
import { classifierPlan } from './classifier-plan.ts';
import { convolvedMaps, type Layer, modelLayers } from './model-layers.ts';
import { parameterCount } from './model-size.ts';
import { trainingImages } from './training-images.ts';
import type { TrialSpec } from './trial-spec.ts';

/** Floating-point operations of one Adam step per parameter: two moments, their correction, a root and a division. */
const adamFlopsPerParameter = 12;

/** Floating-point operations of reconstructing one picture. */
export function forwardFlopsPerImage(spec: TrialSpec, image: ImageShape): number {
  return modelLayers(spec, image).layers.reduce((sum, layer) => sum + layerFlops(layer), 0);
}

/**
 * Floating-point operations of a training step per picture: forward, backward (twice the forward, but the first layer
 * needs no gradient of its input) and the picture's share of the optimizer step.
 */
export function flopsPerImage(spec: TrialSpec, image: ImageShape): number {
  const { layers } = modelLayers(spec, image);
  const first = layers[0] === undefined ? 0 : layerFlops(layers[0]);
  const optimizer = (adamFlopsPerParameter * parameterCount(spec, image)) / spec.batch_size;
  return 3 * forwardFlopsPerImage(spec, image) - first + optimizer;
}

/** Floating-point operations of a whole trial. */
export const trialCost = (spec: TrialSpec, manifest: DatasetManifest): number =>
  spec.task === 'classify' ? classifierCost(spec, manifest) : autoencoderCost(spec, manifest);

/** Every epoch with its validation and the look at as many trained images, and the test set once. */
function autoencoderCost(spec: TrialSpec, manifest: DatasetManifest): number {
  const { image, test } = manifest;
  const images = trainingImages(spec, manifest);
  const judgedEach = spec.validation_images + Math.min(spec.validation_images, images);
  const judged = spec.epochs * judgedEach + test.images;
  const trained = spec.epochs * images;
  return Math.round(trained * flopsPerImage(spec, image) + judged * forwardFlopsPerImage(spec, image));
}

/** The autoencoder where there is one, every step of the classifier (through the encoder where that learns too), and the test set. */
function classifierCost(spec: TrialSpec, manifest: DatasetManifest): number {
  const { encoder, head } = classifierLayers(spec, manifest);
  const flopsOf = (layers: readonly Layer[]): number => layers.reduce((sum, layer) => sum + layerFlops(layer), 0);
  const { steps, batch, images } = classifierPlan(spec, manifest);
  const trained = spec.features === 'finetuned' ? [...encoder, ...head] : head;
  const encodedOnce = spec.features === 'finetuned' ? 0 : images * flopsOf(encoder);
  const pretraining = isPretrained(spec) ? autoencoderCost(spec, manifest) : 0;
  const judged = manifest.test.images * flopsOf([...encoder, ...head]);
  return Math.round(pretraining + encodedOnce + 3 * steps * batch * flopsOf(trained) + judged);
}

function layerFlops(layer: Layer): number {
  if (layer.kind === 'dense') return 2 * layer.inputs * layer.outputs;
  // A kernel is applied once per position of the smaller map, whichever way it runs.
  const { small: positions } = convolvedMaps(layer);
  const kernel = layer.kernelSize ** 2 * layer.input.channels * layer.output.channels;
  return 2 * kernel * positions.height * positions.width;
}
