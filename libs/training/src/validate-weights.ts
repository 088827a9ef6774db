import { keepsPictures, weightsLayout, type TrialSpec } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { openEngine, type Engine } from './engine.ts';
import { checkWeights, judgeReconstructions } from './evaluation.ts';
import type { YieldToLoop } from './pacer.ts';
import { epochPictures } from './preview.ts';

/** Images judged at a time. */
const chunkImages = 250;

interface Judged {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  readonly signal?: AbortSignal;
  readonly yieldToLoop?: YieldToLoop;
}

export interface ValidateWeightsOptions extends Judged {
  /** Flat vector in layout order. */
  readonly weights: Float32Array;
  /** After which they are so. */
  readonly epoch: number;
}

export interface HeldOutErrors {
  /** Mean squared error per pixel on the images that the spec holds out. */
  readonly validationMse: number;
  /** By how much that is above the error on as many images that were trained on. */
  readonly overfitGap: number;
}

export interface ValidatedWeights extends HeldOutErrors {
  /** As after an epoch of training: [images, height, width, channels] as bytes; null for an epoch of which none are kept. */
  readonly pictures: Uint8Array | null;
}

/**
 * What the one who trains says of an autoencoder after an epoch, from its weights alone, and with the same bits. Throws and rejects as
 * `evaluateWeights` does; E_SPLIT_EMPTY where the spec holds no image out.
 */
export async function validateWeights(options: ValidateWeightsOptions): Promise<ValidatedWeights> {
  const { spec, dataset, weights, epoch } = options;
  const { manifest } = dataset;
  checkWeights(weights, weightsLayout(spec, manifest).size);
  const engine = openEngine(spec, manifest.image, chunkImages);
  engine.parameters.set(weights);
  engine.load();
  try {
    const errors = await heldOutErrors(engine, options);
    return { ...errors, pictures: keepsPictures(epoch, spec.epochs) ? await epochPictures(engine, options) : null };
  } finally {
    engine.close();
  }
}

/** Of an engine's present weights. */
export async function heldOutErrors(engine: Engine, options: Judged): Promise<HeldOutErrors> {
  const { mse: validationMse } = await judgeReconstructions(engine, {
    ...options,
    split: 'validation',
    similarity: false,
  });
  const { mse: trained } = await judgeReconstructions(engine, { ...options, split: 'trained', similarity: false });
  return { validationMse, overfitGap: validationMse - trained };
}
