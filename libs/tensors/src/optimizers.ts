import { adamDefaults, adamUpdate } from './adam.ts';

/** What an optimizer remembers: steps taken, and vectors as long as the parameters (how many, the optimizer says). */
export interface OptimizerMemory {
  step: number;
  readonly vectors: readonly Float32Array[];
}

/**
 * A rule that moves a flat parameter vector against a gradient. `update` works in place and counts the step. Every value is
 * computed in double with + - * / and sqrt in a fixed order and rounded once on storing, so all engines agree in every bit.
 */
export interface Optimizer {
  readonly init: (size: number) => OptimizerMemory;
  readonly update: (
    parameters: Float32Array,
    gradient: Float32Array,
    memory: OptimizerMemory,
    learningRate: number,
  ) => void;
}

/** p = p - lr g. */
export function sgd(): Optimizer {
  return {
    init: () => ({ step: 0, vectors: [] }),
    update(parameters, gradient, memory, learningRate) {
      memory.step += 1;
      for (let i = 0; i < parameters.length; i += 1) parameters[i] = parameters[i]! - learningRate * gradient[i]!;
    },
  };
}

export interface MomentumSettings {
  readonly mu: number;
  /** Looks ahead: the step is g + mu u in place of u (Sutskever et al. 2013, in the form that PyTorch uses). */
  readonly nesterov: boolean;
}

/** u = mu u + g,  p = p - lr u  (Polyak 1964), or p = p - lr (g + mu u). */
export function momentum({ mu, nesterov }: MomentumSettings): Optimizer {
  return {
    init: (size) => ({ step: 0, vectors: [new Float32Array(size)] }),
    update(parameters, gradient, memory, learningRate) {
      memory.step += 1;
      const u = memory.vectors[0]!;
      for (let i = 0; i < parameters.length; i += 1) {
        const g = gradient[i]!;
        const ui = mu * u[i]! + g;
        u[i] = ui;
        parameters[i] = parameters[i]! - learningRate * (nesterov ? g + mu * ui : ui);
      }
    },
  };
}

/** Adam (Kingma & Ba 2015) with the usual settings; `vectors` are m and v. */
export function adam(): Optimizer {
  return adamW({ weightDecay: 0 });
}

/** AdamW (Loshchilov & Hutter 2019): p = p - lr weightDecay p, and then a step of Adam. */
export function adamW({ weightDecay }: { readonly weightDecay: number }): Optimizer {
  return {
    init: (size) => ({ step: 0, vectors: [new Float32Array(size), new Float32Array(size)] }),
    update(parameters, gradient, memory, learningRate) {
      memory.step += 1;
      if (weightDecay > 0) decay(parameters, 1 - learningRate * weightDecay);
      const [m, v] = memory.vectors;
      adamUpdate(parameters, gradient, { m: m!, v: v! }, { ...adamDefaults, learningRate, step: memory.step });
    },
  };
}

function decay(parameters: Float32Array, factor: number): void {
  for (let i = 0; i < parameters.length; i += 1) parameters[i] = parameters[i]! * factor;
}
