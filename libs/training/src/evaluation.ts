import { trainingImages, weightsLayout, type TrialDetails, type TrialSpec } from '@gradpool/experiment';
import { anomalyOf, countsInTraining } from './anomaly.ts';
import { judgeClassifier, openClassifier } from './classifier-judging.ts';
import type { Dataset } from './dataset.ts';
import { openEngine, type Engine } from './engine.ts';
import type { Judgement } from './judgement.ts';
import { judgedImages, type Split } from './judged-images.ts';
import { pacer, yieldByTimer, type YieldToLoop } from './pacer.ts';
import { openSimilarity } from './similarity.ts';
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
 * Judges the reconstructions of a split's noisy images against the clean ones: `<split>_mse`, `<split>_psnr` and
 * `<split>_ssim`. Throws TrainingError E_WEIGHTS_SHAPE, E_WEIGHTS_NOT_FINITE or E_SPLIT_EMPTY; rejects with Interrupted on
 * abort.
 */
export async function evaluateWeights(options: EvaluateWeightsOptions): Promise<Judgement> {
  const { spec, dataset, weights, split = 'test' } = options;
  const { image } = dataset.manifest;
  checkWeights(weights, weightsLayout(spec, dataset.manifest).size);
  if (spec.task === 'classify') {
    const classifier = openClassifier(spec, dataset);
    classifier.parameters.set(weights);
    return judgeClassifier(classifier, { ...options, split });
  }
  const engine = openEngine(spec, image, chunkImages);
  engine.parameters.set(weights);
  engine.load();
  try {
    const { mse, psnr, ssim, auc, details } = await judgeReconstructions(engine, { ...options, similarity: true });
    const measures = { [`${split}_mse`]: mse, [`${split}_psnr`]: psnr, [`${split}_ssim`]: ssim };
    if (auc === null) return { measures, details: null };
    return {
      measures: { ...measures, [`${split}_auc`]: auc },
      details: new TextEncoder().encode(JSON.stringify(details)),
    };
  } finally {
    engine.close();
  }
}

export interface JudgeOptions extends Omit<EvaluateWeightsOptions, 'weights'> {
  /** Also computes `ssim`, which takes longer than all else; it is 0 otherwise. */
  readonly similarity: boolean;
}

/** Of reconstructions: `psnr` (dB) and `ssim` are means over the pictures, `mse` is per pixel. */
export interface Likeness {
  readonly mse: number;
  readonly psnr: number;
  readonly ssim: number;
  /** How well errors tell the class left out; null where none is, or not both kinds of picture are there. */
  readonly auc: number | null;
  readonly details: TrialDetails | null;
}

/**
 * As `evaluateWeights`, with the weights that an engine holds already; they are not checked. Of the training file, pictures of
 * a class that training left out do not count; of the test set all do.
 */
export async function judgeReconstructions(
  engine: Engine,
  { spec, dataset, split = 'test', similarity, signal, yieldToLoop = yieldByTimer }: JudgeOptions,
): Promise<Likeness> {
  const validationImages = spec.validation_images;
  const trainedImages = Math.min(validationImages, trainingImages(spec, dataset.manifest));
  const images = judgedImages({ dataset, split, noise: spec.noise, validationImages, trainedImages });
  const counts = Array.from({ length: images.count }, (_, i) => {
    return split === 'test' || countsInTraining(spec, dataset.trainLabels[images.offset + i]);
  });
  const counted = counts.filter(Boolean).length;
  if (counted === 0) {
    throw new TrainingError('E_SPLIT_EMPTY', `The ${split} split holds no image; raise validation_images`);
  }
  const pause = pacer(yieldToLoop, signal);
  const { clean, pixels } = engine;
  const similarityOf = similarity ? openSimilarity(dataset.manifest.image) : null;
  const chunk = Math.min(engine.capacity, chunkImages);
  const errors = new Float64Array(images.count);
  let [squares, psnr, ssim] = [0, 0, 0];
  for (let first = 0; first < images.count; first += chunk) {
    const count = Math.min(chunk, images.count - first);
    images.fill(engine, first, count);
    const output = await engine.reconstruct(count);
    // Image by image, so that the sums do not depend on how many are judged at a time.
    for (let from = 0; from < count * pixels; from += pixels) {
      if (!counts[first + from / pixels]) continue;
      const [found, wanted] = [output.subarray(from, from + pixels), clean.subarray(from, from + pixels)];
      const off = sumOfSquaredDifferences(found, wanted);
      squares += off;
      errors[first + from / pixels] = off;
      psnr += decibels(off / pixels);
      ssim += similarityOf?.(found, wanted) ?? 0;
    }
    await pause();
  }
  const means = { mse: squares / (counted * pixels), psnr: psnr / counted, ssim: ssim / counted };
  return { ...means, ...anomalyOf({ spec, dataset, split, errors }) };
}

/** Peak signal-to-noise ratio of values in [0, 1]: 10 log10(1 / mse), at most 100 dB, which a perfect picture gets. */
export const decibels = (mse: number): number => -10 * Math.log10(Math.max(mse, 1e-10));

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
