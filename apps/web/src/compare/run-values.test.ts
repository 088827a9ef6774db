import { describe, expect, test } from '@jest/globals';
import { differingNames, runLabel, type Compared } from './run-values.ts';

const run = (parameters: Compared['parameters'], seed = 0, sweepId = 's'): Compared => ({
  parameters,
  seed,
  sweepId: sweepId as Compared['sweepId'],
});
const sweeps = new Map([['s', { name: 'paper' }]]);

describe('what tells runs apart', () => {
  test('parameters that differ, a missing one among them', () => {
    expect(differingNames([run({ latent: 2, noise: 0 }), run({ latent: 2, noise: 0.3, hidden: [64] })])).toEqual([
      'noise',
      'hidden',
    ]);
  });

  test('the sweep first and the seed last', () => {
    expect(differingNames([run({ latent: 2 }), run({ latent: 4 }, 1, 't')])).toEqual(['sweep', 'latent', 'seed']);
  });

  test('a label has what differs, and the seed where nothing does', () => {
    expect(runLabel(run({ latent: 2, hidden: [64, 32] }), ['hidden', 'seed'], sweeps)).toBe('hidden 64-32, seed 0');
    expect(runLabel(run({ latent: 2 }), [], sweeps)).toBe('seed 0');
    expect(runLabel(run({ latent: 2 }), ['sweep'], sweeps)).toBe('sweep paper');
  });
});
