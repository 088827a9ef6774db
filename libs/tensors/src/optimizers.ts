import { adamDefaults, adamNumbers, applyAdam, type AdamNumbers } from './adam.ts';

/** Which rule moves the parameters; the learning rate comes with every step. */
export type OptimizerRule =
  | { readonly name: 'sgd' }
  | ({ readonly name: 'momentum' } & MomentumSettings)
  /** AdamW, or Adam where `weightDecay` is 0. */
  | { readonly name: 'adam'; readonly weightDecay: number };

export interface MomentumSettings {
  readonly mu: number;
  /** Looks ahead: the step is g + mu u in place of u (Sutskever et al. 2013, in the form that PyTorch uses). */
  readonly nesterov: boolean;
}

/** One step: its number, counted from 1, and its learning rate. */
export interface OptimizerStep {
  readonly step: number;
  readonly learningRate: number;
}

/** The numbers of one step, the same for every parameter: what `applyStep` and the SIMD kernels take. */
export type StepNumbers =
  | { readonly name: 'sgd'; readonly rate: number }
  | ({ readonly name: 'momentum'; readonly rate: number } & MomentumSettings)
  | ({ readonly name: 'adam' } & AdamNumbers);

/** What an optimizer remembers: steps taken, and vectors as long as the parameters (how many, `vectorsOf` says). */
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

/** Vectors that a rule remembers: u of momentum, m and v of Adam. */
export function vectorsOf({ name }: OptimizerRule): number {
  return { sgd: 0, momentum: 1, adam: 2 }[name];
}

export function stepNumbers(rule: OptimizerRule, { step, learningRate }: OptimizerStep): StepNumbers {
  switch (rule.name) {
    case 'sgd':
      return { name: 'sgd', rate: learningRate };
    case 'momentum':
      return { ...rule, rate: learningRate };
    case 'adam': {
      const { weightDecay } = rule;
      return { name: 'adam', ...adamNumbers({ ...adamDefaults, weightDecay, step, learningRate }) };
    }
    default:
      return rule satisfies never;
  }
}

/** One step in place; `vectors` are those that the rule remembers. */
export function applyStep(
  numbers: StepNumbers,
  parameters: Float32Array,
  gradient: Float32Array,
  vectors: readonly Float32Array[],
): void {
  switch (numbers.name) {
    case 'sgd':
      applySgd(parameters, gradient, numbers.rate);
      return;
    case 'momentum':
      applyMomentum(parameters, gradient, vectors[0]!, numbers);
      return;
    case 'adam':
      applyAdam(parameters, gradient, { m: vectors[0]!, v: vectors[1]! }, numbers);
      return;
    default:
      numbers satisfies never;
  }
}

export function optimizerOf(rule: OptimizerRule): Optimizer {
  return {
    init: (size) => ({
      step: 0,
      vectors: Array.from({ length: vectorsOf(rule) }, () => new Float32Array(size)),
    }),
    update(parameters, gradient, memory, learningRate) {
      memory.step += 1;
      applyStep(stepNumbers(rule, { step: memory.step, learningRate }), parameters, gradient, memory.vectors);
    },
  };
}

/** p = p - rate g. */
function applySgd(parameters: Float32Array, gradient: Float32Array, rate: number): void {
  for (let i = 0; i < parameters.length; i += 1) parameters[i] = parameters[i]! - rate * gradient[i]!;
}

/** u = mu u + g,  p = p - rate u  (Polyak 1964), or p = p - rate (g + mu u). */
function applyMomentum(
  parameters: Float32Array,
  gradient: Float32Array,
  u: Float32Array,
  { rate, mu, nesterov }: MomentumSettings & { readonly rate: number },
): void {
  for (let i = 0; i < parameters.length; i += 1) {
    const g = gradient[i]!;
    const ui = mu * u[i]! + g;
    u[i] = ui;
    parameters[i] = parameters[i]! - rate * (nesterov ? g + mu * ui : ui);
  }
}
