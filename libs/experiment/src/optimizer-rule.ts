import type { OptimizerRule } from '@gradpool/tensors';
import type { TrialSpec } from './trial-spec.ts';

/** The optimizer that a spec names. */
export function optimizerRule(spec: Pick<TrialSpec, 'optimizer' | 'weight_decay' | 'momentum'>): OptimizerRule {
  switch (spec.optimizer) {
    case 'adam':
      return { name: 'adam', weightDecay: 0 };
    case 'adamw':
      return { name: 'adam', weightDecay: spec.weight_decay };
    case 'sgd':
      return spec.momentum === 0 ? { name: 'sgd' } : { name: 'momentum', mu: spec.momentum, nesterov: false };
    default:
      return spec.optimizer satisfies never;
  }
}
