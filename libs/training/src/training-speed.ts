import { flopsPerImage, initialParameters, trialSpec, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { fillUniforms } from '@gradpool/tensors';
import { openEngine, type Engine } from './engine.ts';

const image: ImageShape = { height: 28, width: 28, channels: 1 };

/** What the quick start trains. */
const standardModel = trialSpec.parse({ latent: 8, seed: 0 });

/** Steps that a backend of promises is given at a time; one that answers at once is timed step by step. */
const stepsAhead = 4;

export interface TrainingSpeed {
  readonly imagesPerSecond: number;
  readonly flopsPerSecond: number;
}

/**
 * Images/s of whole training steps (gradient and optimizer) of the default model. Takes `budgetMs`, but at least two groups of
 * steps; the first one warms up, the median of the others counts.
 */
export async function measureTraining(budgetMs: number): Promise<TrainingSpeed> {
  const spec = standardModel;
  const engine = openEngine(spec, image, spec.batch_size);
  engine.parameters.set(initialParameters(spec, image));
  engine.load();
  // Not constant pictures: learnt in a few steps, they would leave gradients so small that processors slow down.
  fillUniforms(engine.noisy, { seed: spec.seed, stream: 0 }, 0);
  engine.clean.set(engine.noisy);
  const durations: number[] = [];
  const startedAt = performance.now();
  let step = 0;
  for (let group = 1; group <= 2 || performance.now() - startedAt < budgetMs; group += 1) {
    const groupStartedAt = performance.now();
    const before = step;
    step = await takeGroup(engine, spec, step);
    if (group > 1) durations.push((performance.now() - groupStartedAt) / (step - before));
  }
  engine.close();
  durations.sort((a, b) => a - b);
  const median = Math.max(durations[durations.length >> 1] ?? 0, 0.01);
  const imagesPerSecond = (1000 * spec.batch_size) / median;
  return { imagesPerSecond, flopsPerSecond: imagesPerSecond * flopsPerImage(spec, image) };
}

/** Returns the number of steps taken by now. */
async function takeGroup(engine: Engine, spec: TrialSpec, before: number): Promise<number> {
  const untold: Promise<number>[] = [];
  for (let step = before + 1; ; step += 1) {
    const loss = engine.lossAndGradient(engine.capacity);
    engine.update({ step, learningRate: spec.learning_rate });
    if (typeof loss !== 'number') untold.push(loss);
    if (untold.length === 0 || untold.length === stepsAhead) {
      await Promise.all(untold);
      return step;
    }
  }
}
