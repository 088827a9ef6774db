import { classifierLayers, classScores, optimizerRule, type TrialDetails, type TrialSpec } from '@gradpool/experiment';
import type { Dataset } from './dataset.ts';
import { plainBuffers } from './image-buffers.ts';
import { judgedImages, type Split } from './judged-images.ts';
import type { Judgement } from './judgement.ts';
import { openLayerEngine, type LayerEngine } from './layer-engine.ts';
import { pacer, yieldByTimer, type YieldToLoop } from './pacer.ts';
import { largestOf, softmaxCrossEntropy } from './softmax.ts';
import { TrainingError } from './training-error.ts';

export interface JudgeClassifierOptions {
  readonly spec: TrialSpec;
  readonly dataset: Dataset;
  readonly split: Split;
  readonly signal?: AbortSignal | undefined;
  readonly yieldToLoop?: YieldToLoop | undefined;
}

/** Images judged at a time. */
const chunkImages = 250;

/** The whole classifier of a spec, from picture to logits, for judging. */
export function openClassifier(spec: TrialSpec, { manifest }: Dataset): LayerEngine {
  const { encoder, head } = classifierLayers(spec, manifest);
  return openLayerEngine({ layers: [...encoder, ...head], rule: optimizerRule(spec), capacity: chunkImages });
}

/**
 * How an engine's present weights tell the classes of a split's noisy pictures: `<split>_accuracy`, precision, recall and F1
 * (means over classes) and cross-entropy, with the confusion matrix. Throws TrainingError E_SPLIT_EMPTY.
 */
export async function judgeClassifier(engine: LayerEngine, options: JudgeClassifierOptions): Promise<Judgement> {
  const { spec, dataset, split, signal, yieldToLoop = yieldByTimer } = options;
  const images = judgedImages({ dataset, split, noise: spec.noise, validationImages: spec.validation_images });
  if (images.count === 0) {
    throw new TrainingError('E_SPLIT_EMPTY', `The ${split} split holds no image; raise validation_images`);
  }
  const { classes } = dataset.manifest;
  const labels = labelsOf(dataset, split, images.count);
  const confusion = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  const buffers = plainBuffers(chunkImages * images.pixels);
  const pause = pacer(yieldToLoop, signal);
  let loss = 0;
  for (let first = 0; first < images.count; first += chunkImages) {
    const count = Math.min(chunkImages, images.count - first);
    images.fill(buffers, first, count);
    engine.inputs.set(buffers.noisy.subarray(0, count * images.pixels));
    const logits = await engine.run(count);
    const own = labels.subarray(first, first + count);
    loss += count * softmaxCrossEntropy(logits, own, { count, classes }, null);
    own.forEach((label, i) => {
      const row = confusion[label]!;
      const told = largestOf(logits, i * classes, classes);
      row[told] = row[told]! + 1;
    });
    await pause();
  }
  const { accuracy, macro } = classScores(confusion);
  const measures = { accuracy, ...macro, cross_entropy: loss / images.count };
  const details: TrialDetails = { kind: 'classification', confusion };
  return {
    measures: Object.fromEntries(Object.entries(measures).map(([name, value]) => [`${split}_${name}`, value])),
    details: new TextEncoder().encode(JSON.stringify(details)),
  };
}

/** Labels of a split's images in order. */
function labelsOf({ testLabels, trainLabels }: Dataset, split: Split, count: number): Uint8Array {
  if (split === 'test') return testLabels;
  return split === 'trained' ? trainLabels.subarray(0, count) : trainLabels.subarray(trainLabels.length - count);
}
