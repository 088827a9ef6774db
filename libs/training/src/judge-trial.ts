import { codeFigures, hasCode } from '@gradpool/experiment';
import { openEngine } from './engine.ts';
import { evaluateWeights, type EvaluateWeightsOptions } from './evaluation.ts';
import type { Judgement } from './judgement.ts';
import { heldOutErrors } from './validate-weights.ts';

/** Images judged at a time. */
const chunkImages = 250;

/**
 * What an evaluator says of a trial: the judgement of its test set, `parameters`, where there is a code `code_size` and `compression_ratio`, and of
 * reconstructions, where images are held out, `overfit_gap`: the error on those less the error on as many trained ones.
 * Throws and rejects as `evaluateWeights` does.
 */
export async function judgeTrial(options: Omit<EvaluateWeightsOptions, 'split'>): Promise<Judgement> {
  const { spec, dataset, weights } = options;
  const { measures, details } = await evaluateWeights(options);
  const code = hasCode(spec) ? codeFigures(spec, dataset.manifest.image) : {};
  const size = { parameters: weights.length, ...code };
  const judged = 'test_mse' in measures && spec.validation_images > 0;
  return { measures: { ...measures, ...size, ...(judged && { overfit_gap: await overfitGap(options) }) }, details };
}

async function overfitGap(options: Omit<EvaluateWeightsOptions, 'split'>): Promise<number> {
  const engine = openEngine(options.spec, options.dataset.manifest.image, chunkImages);
  engine.parameters.set(options.weights);
  engine.load();
  try {
    return (await heldOutErrors(engine, options)).overfitGap;
  } finally {
    engine.close();
  }
}
