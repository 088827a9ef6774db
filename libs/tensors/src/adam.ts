/** First and second moments of Adam, as long as the parameters. */
export interface AdamState {
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** The settings of one step; `step` counts from 1. */
export interface AdamStep {
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Share of a parameter that a step of learning rate 1 takes away: above 0 it is AdamW. */
  readonly weightDecay: number;
}

/** A step with its bias corrections moved out of the loop: p = keep p - rate m / (sqrt(v) + epsilon). */
export interface AdamNumbers {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly keep: number;
}

export const adamDefaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;

export function adamInit(size: number): AdamState {
  return { m: new Float32Array(size), v: new Float32Array(size) };
}

/**
 * One step in place of Adam (Kingma & Ba 2015, algorithm 1) or AdamW (Loshchilov & Hutter 2019, algorithm 2):
 *   m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,
 *   p = (1 - lr decay) p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).
 * Computed in double and rounded to float32, with + - * / and sqrt alone, so it gives the same bits in every engine.
 */
export function adamUpdate(
  parameters: Float32Array,
  gradient: Float32Array,
  state: AdamState,
  settings: AdamStep,
): void {
  applyAdam(parameters, gradient, state, adamNumbers(settings));
}

export function applyAdam(
  parameters: Float32Array,
  gradient: Float32Array,
  { m, v }: AdamState,
  { rate, beta1, beta2, epsilon, keep }: AdamNumbers,
): void {
  const rest1 = 1 - beta1;
  const rest2 = 1 - beta2;
  for (let i = 0; i < parameters.length; i += 1) {
    const g = gradient[i]!;
    const mi = beta1 * m[i]! + rest1 * g;
    const vi = beta2 * v[i]! + rest2 * g * g;
    m[i] = mi;
    v[i] = vi;
    parameters[i] = keep * parameters[i]! - (rate * mi) / (Math.sqrt(vi) + epsilon);
  }
}

export function adamNumbers({ step, learningRate, beta1, beta2, epsilon, weightDecay }: AdamStep): AdamNumbers {
  const correction1 = 1 - integerPower(beta1, step);
  const correction2 = Math.sqrt(1 - integerPower(beta2, step));
  return {
    rate: (learningRate * correction2) / correction1,
    beta1,
    beta2,
    epsilon: epsilon * correction2,
    keep: 1 - learningRate * weightDecay,
  };
}

/** By squaring: Math.pow differs in the last bit between engines. */
function integerPower(base: number, exponent: number): number {
  let result = 1;
  let factor = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}
