import type { TrialSpec } from './trial-spec.ts';

/**
 * Learning rate of step `step` (from 0) of `steps`. Cosine: a linear rise over `warmup_steps`, but at most a tenth of the
 * run, then one half period from `learning_rate` to 0.
 */
export function learningRate(
  spec: Pick<TrialSpec, 'learning_rate' | 'schedule' | 'warmup_steps'>,
  step: number,
  steps: number,
): number {
  if (spec.schedule === 'constant') return spec.learning_rate;
  const warmup = Math.min(spec.warmup_steps, Math.floor(steps / 10));
  if (step < warmup) return (spec.learning_rate * (step + 1)) / warmup;
  return spec.learning_rate * 0.5 * (1 + cosineOfHalfTurns((step - warmup) / (steps - warmup)));
}

/** cos(pi x) for x in [0, 1] by its Taylor series around 1/2: Math.cos differs in the last bit between engines. */
function cosineOfHalfTurns(x: number): number {
  const d = Math.PI * (0.5 - x);
  const d2 = d * d;
  let term = d;
  let sum = d;
  for (let n = 2; n <= 20; n += 2) {
    term *= -d2 / (n * (n + 1));
    sum += term;
  }
  return sum;
}
