import { expect, test } from '@jest/globals';
import { optimizerRule } from './optimizer-rule.ts';
import { trialSpec } from './trial-spec.ts';

test.each([
  [{}, { name: 'adam', weightDecay: 0 }],
  [{ weight_decay: 0.3 }, { name: 'adam', weightDecay: 0 }],
  [{ optimizer: 'adamw' }, { name: 'adam', weightDecay: 0.01 }],
  [
    { optimizer: 'adamw', weight_decay: 0.3, momentum: 0.5 },
    { name: 'adam', weightDecay: 0.3 },
  ],
  [{ optimizer: 'sgd' }, { name: 'momentum', mu: 0.9, nesterov: false }],
  [{ optimizer: 'sgd', momentum: 0 }, { name: 'sgd' }],
])('[M10] %j', (parameters, rule) => {
  expect(optimizerRule(trialSpec.parse({ latent: 2, seed: 0, ...parameters }))).toEqual(rule);
});
