import { modelLayout, trainingImages, type TrialSpec } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { openEngine, type Engine } from './engine.ts';
import { judgedImages, type Split } from './judged-images.ts';
import { pacer, yieldByTimer, type YieldToLoop } from './pacer.ts';
import { TrainingError } from './training-error.ts';

export interface EvaluateWeightsOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  /** Flat vector in layout order. */
  readonly weights: Float32Array;
  readonly split?: Split;
  readonly signal?: AbortSignal;
  readonly yieldToLoop?: YieldToLoop;
}

/** Images judged at a time: some 30 ms of work. */
const chunkImages = 250;

/**
 * Mean squared error per pixel of the reconstruction of a split's noisy images against the clean ones. Throws
 * TrainingError E_WEIGHTS_SHAPE, E_WEIGHTS_NOT_FINITE or E_SPLIT_EMPTY; rejects with Interrupted on abort.
 */
export async function evaluateWeights(options: EvaluateWeightsOptions): Promise<{ mse: number }> {
  const { spec, dataset, weights } = options;
  const { image } = dataset.manifest;
  checkWeights(weights, modelLayout(spec, image).size);
  const engine = openEngine(spec, image, chunkImages);
  engine.parameters.set(weights);
  engine.load();
  try {
    return { mse: await evaluateEngine(engine, options) };
  } finally {
    engine.close();
  }
}

/** As `evaluateWeights`, with the weights that an engine holds already; they are not checked. */
export async function evaluateEngine(
  engine: Engine,
  { spec, dataset, split = 'test', signal, yieldToLoop = yieldByTimer }: Omit<EvaluateWeightsOptions, 'weights'>,
): Promise<number> {
  const validationImages = spec.validation_images;
  const trainedImages = Math.min(validationImages, trainingImages(spec, dataset.manifest));
  const images = judgedImages({ dataset, split, noise: spec.noise, validationImages, trainedImages });
  if (images.count === 0) {
    throw new TrainingError('E_SPLIT_EMPTY', `The ${split} split holds no image; raise validation_images`);
  }
  const pause = pacer(yieldToLoop, signal);
  const { clean, pixels } = engine;
  const chunk = Math.min(engine.capacity, chunkImages);
  let sum = 0;
  for (let first = 0; first < images.count; first += chunk) {
    const count = Math.min(chunk, images.count - first);
    images.fill(engine, first, count);
    const output = await engine.reconstruct(count);
    // Image by image, so that the sum does not depend on how many are judged at a time.
    for (let from = 0; from < count * pixels; from += pixels) {
      sum += sumOfSquaredDifferences(output.subarray(from, from + pixels), clean.subarray(from, from + pixels));
    }
    await pause();
  }
  return sum / (images.count * pixels);
}

/** Summed in double. */
export function sumOfSquaredDifferences(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sum;
}

/** Throws TrainingError E_WEIGHTS_SHAPE or E_WEIGHTS_NOT_FINITE. */
export function checkWeights(weights: Float32Array, size: number): void {
  if (weights.length !== size) {
    throw new TrainingError(
      'E_WEIGHTS_SHAPE',
      `The weights hold ${weights.length} values, the model of this spec has ${size}; send the vector of this spec's layout`,
    );
  }
  const bad = weights.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new TrainingError(
      'E_WEIGHTS_NOT_FINITE',
      `Weight ${bad} of ${size} is ${weights[bad]}; train the trial again`,
    );
  }
}
