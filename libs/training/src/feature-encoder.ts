import {
  codeSize,
  initialParameters,
  layersLayout,
  modelLayers,
  optimizerRule,
  type TrialSpec,
} from '@gradpool/experiment';
import { parameterViews } from '@gradpool/tensors';
import type { Dataset } from './dataset.ts';
import { judgedImages } from './judged-images.ts';
import { openLayerEngine } from './layer-engine.ts';
import { principalComponents } from './low-rank-map.ts';
import { imageMoments } from './moments.ts';
import type { Pause } from './pacer.ts';
import { putImage } from './classifier-data.ts';

/** Images that principal components and the spread of codes are taken from: enough for both, and soon done. */
const fittedImages = 10_000;

interface Task {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  readonly pause: Pause;
}

/**
 * The encoder of the untrained autoencoder, or of a trained one (`weights`, flat in the autoencoder's layout), so scaled that its
 * codes have mean 0 and deviation 1 where its last layer is linear: a classifier then learns equally fast from any code.
 */
export async function codeEncoder(task: Task, weights: Float32Array | null): Promise<Float32Array> {
  const { spec, dataset } = task;
  const { image } = dataset.manifest;
  const { layers, encoderLayers } = modelLayers(spec, image);
  const encoder = layers.slice(0, encoderLayers);
  const { size } = layersLayout(encoder);
  const flat = (weights ?? initialParameters(spec, image)).slice(0, size);
  const last = encoder.at(-1)!;
  if (last.activation !== 'linear') return flat;
  const { mean, deviation } = await codeSpread(task, flat);
  const [kernel, bias] = parameterViews(layersLayout(encoder), flat).slice(-2) as [Float32Array, Float32Array];
  // Maps of a spatial code share their scale, as their units share a bias.
  const units = bias.length;
  for (let i = 0; i < kernel.length; i += 1) kernel[i] = kernel[i]! / deviation[i % units]!;
  for (let i = 0; i < units; i += 1) bias[i] = (bias[i]! - mean[i]!) / deviation[i]!;
  return flat;
}

/** Mean and deviation of each unit (or channel) of the codes of the first training images under their noise. */
async function codeSpread({ spec, dataset, pause }: Task, weights: Float32Array) {
  const { layers, encoderLayers } = modelLayers(spec, dataset.manifest.image);
  const encoder = layers.slice(0, encoderLayers);
  const last = encoder.at(-1)!;
  const units = last.kind === 'dense' ? last.outputs : last.output.channels;
  const capacity = 250;
  const engine = openLayerEngine({ layers: encoder, rule: optimizerRule(spec), capacity });
  engine.parameters.set(weights);
  const [sum, squares] = [new Float64Array(units), new Float64Array(units)];
  const images = Math.min(fittedImages, dataset.manifest.train.images);
  for (let first = 0; first < images; first += capacity) {
    const count = Math.min(capacity, images - first);
    for (let at = 0; at < count; at += 1)
      putImage({ spec, dataset }, { index: first + at, pass: 0, at }, engine.inputs);
    (await engine.run(count)).forEach((value, i) => {
      sum[i % units] = sum[i % units]! + value;
      squares[i % units] = squares[i % units]! + value * value;
    });
    await pause();
  }
  const values = (images * codeSize(spec, dataset.manifest.image)) / units;
  const mean = sum.map((total) => total / values);
  // A unit that never changes stays as it is.
  const deviation = squares.map((total, i) => Math.sqrt(Math.max(0, total / values - mean[i]! ** 2)) || 1);
  return { mean, deviation };
}

/** Principal components of the noisy training pictures as one dense layer, each scaled to deviation 1: kernel [pixels, latent], bias. */
export async function principalEncoder({ spec, dataset, pause }: Task): Promise<Float32Array> {
  const all = judgedImages({ dataset, split: 'train', noise: spec.noise });
  const moments = await imageMoments({ ...all, count: Math.min(fittedImages, all.count) }, pause);
  const { encode, meanX } = await principalComponents(moments, Math.min(spec.latent, moments.meanX.length), pause);
  const pixels = meanX.length;
  const found = encode.length / pixels;
  const flat = new Float32Array((pixels + 1) * spec.latent);
  for (let j = 0; j < found; j += 1) {
    const axis = encode.subarray(j * pixels, (j + 1) * pixels);
    const deviation = Math.sqrt(Math.max(0, varianceAlong(axis, moments.covarianceXX))) || 1;
    let offset = 0;
    for (let i = 0; i < pixels; i += 1) {
      flat[i * spec.latent + j] = axis[i]! / deviation;
      offset += (axis[i]! * meanX[i]!) / deviation;
    }
    flat[pixels * spec.latent + j] = -offset;
  }
  return flat;
}

function varianceAlong(axis: Float64Array, covariance: Float64Array): number {
  const n = axis.length;
  let variance = 0;
  for (let i = 0; i < n; i += 1) {
    let sum = 0;
    for (let k = 0; k < n; k += 1) sum += covariance[i * n + k]! * axis[k]!;
    variance += axis[i]! * sum;
  }
  return variance;
}
