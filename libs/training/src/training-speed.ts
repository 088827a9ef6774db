import { fillUniforms } from '@gradpool/tensors';
import { flopsPerImage, initialParameters, trialSpec, type ImageShape, type TrialSpec } from '@gradpool/experiment';
import { adamDefaults } from '@gradpool/tensors';
import { openEngine } from './engine.ts';

const image: ImageShape = { height: 28, width: 28, channels: 1 };

/** Small enough that the slowest backend takes a few steps of it within the time. */
const trialModel = trialSpec.parse({ latent: 8, hidden: [128], batch_size: 32, seed: 0 });
/** What the quick start trains. */
const standardModel = trialSpec.parse({ latent: 8, seed: 0 });

export interface TrainingSpeed {
  readonly imagesPerSecond: number;
  readonly flopsPerSecond: number;
}

/** Images/s of whole training steps (gradient and Adam) of a small model, to compare backends by. */
export function measureTrial(budgetMs: number): TrainingSpeed {
  return measureTraining(trialModel, budgetMs);
}

/** The same for the default model at full size. */
export function measureStandard(budgetMs: number): TrainingSpeed {
  return measureTraining(standardModel, budgetMs);
}

/** Steps until `budgetMs` have passed, at least two; the median step counts, the first one warms up. */
function measureTraining(spec: TrialSpec, budgetMs: number): TrainingSpeed {
  const engine = openEngine(spec, image, spec.batch_size);
  engine.parameters.set(initialParameters(spec, image));
  // Not constant pictures: learnt in a few steps, they would leave gradients so small that processors slow down.
  fillUniforms(engine.noisy, { seed: spec.seed, stream: 0 }, 0);
  engine.clean.set(engine.noisy);
  const durations: number[] = [];
  const startedAt = performance.now();
  for (let step = 1; step <= 2 || performance.now() - startedAt < budgetMs; step += 1) {
    const stepStartedAt = performance.now();
    engine.lossAndGradient(engine.capacity);
    engine.update({ ...adamDefaults, learningRate: spec.learning_rate, step });
    if (step > 1) durations.push(performance.now() - stepStartedAt);
  }
  durations.sort((a, b) => a - b);
  const median = Math.max(durations[durations.length >> 1] ?? 0, 0.01);
  const imagesPerSecond = (1000 * spec.batch_size) / median;
  return { imagesPerSecond, flopsPerSecond: imagesPerSecond * flopsPerImage(spec, image) };
}
