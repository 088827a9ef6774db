import { describe, expect, test } from '@jest/globals';
import { extendSweep, type SweepAdditions } from './extend-sweep.ts';
import { planCells } from './plan.ts';
import type { SweepSpec } from './sweep-spec.ts';
import { sweepOf } from './testing.ts';

const grid = sweepOf('name: x\nparameters: {latent: {values: [2, 8]}, noise: {value: 0}}');
const random = sweepOf('name: x\nmethod: random\nrun_cap: 4\nparameters: {latent: {min: 2, max: 64}}');

function extended(sweep: SweepSpec, additions: SweepAdditions): SweepSpec {
  const result = extendSweep(sweep, additions);
  if (!result.ok) throw new Error(`${result.code} ${result.message}`);
  return result.sweep;
}

function refusal(sweep: SweepSpec, additions: SweepAdditions): string {
  const result = extendSweep(sweep, additions);
  return result.ok ? 'accepted' : `${result.code} ${result.message}`;
}

const trialKeys = (sweep: SweepSpec) =>
  planCells(sweep).flatMap(({ key, trials }) => trials.map(({ seed }) => `${key} ${seed}`));

describe('extendSweep', () => {
  test.each([
    ['values', grid, { parameters: { latent: [32], noise: [0.3, 0.9] } }, 9],
    ['values and seeds', grid, { parameters: { latent: [32] }, seeds: 3 }, 9],
    ['seeds of a random sweep', random, { seeds: 2 }, 8],
    ['cells of a random sweep', random, { run_cap: 6 }, 6],
    ['a value that is there already', grid, { parameters: { latent: [8, 2] } }, 2],
    ['nothing', grid, {}, 2],
  ])('[P6] adds %s and keeps every trial there was', (_what, sweep, additions, trials) => {
    const before = trialKeys(sweep);
    const after = trialKeys(extended(sweep, additions));
    expect(after).toHaveLength(trials);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  test('[P6] may be repeated', () => {
    const once = extended(grid, { parameters: { latent: [32] } });
    expect(extended(once, { parameters: { latent: [32] } })).toEqual(once);
    expect(once.parameters).toEqual({ latent: { values: [2, 8, 32] }, noise: { value: 0 } });
  });

  test.each([
    [
      grid,
      { parameters: { epochs: [3] } },
      "E_SWEEP_EXTEND Values can be added to a grid's own parameters only (latent, noise), not to epochs",
    ],
    [
      random,
      { parameters: { latent: [3] } },
      "E_SWEEP_EXTEND Values can be added to a grid's own parameters only (this one is random: raise run_cap or seeds instead), not to latent",
    ],
    [
      extended(grid, { seeds: 3 }),
      { seeds: 2 },
      'E_SWEEP_EXTEND The sweep has 3 seeds, 2 would take some away; give the new total',
    ],
    [random, { run_cap: 3 }, "E_SWEEP_EXTEND The sweep's run_cap is 4, 3 would take cells away"],
    [grid, { parameters: { latent: ['a'] } }, 'E_SWEEP_VALUE parameters.latent.values.2 is "a"; expected a number'],
    [grid, { parameters: { latent: [0] } }, 'E_SWEEP_VALUE parameters.latent.values.2 is 0; expected at least 1'],
    [
      grid,
      { parameters: { constructor: [0] } },
      "E_SWEEP_EXTEND Values can be added to a grid's own parameters only (latent, noise), not to constructor",
    ],
  ])('[P6] refuses what does not fit %#', (sweep, additions, message) => {
    expect(refusal(sweep, additions)).toBe(message);
  });

  test('[P6] a grid that run_cap cuts takes new values only with a higher cap', () => {
    const cut = sweepOf('name: x\nrun_cap: 2\nparameters: {latent: {values: [2, 8]}}');
    expect(refusal(cut, { parameters: { latent: [1] } })).toMatch(
      'E_SWEEP_EXTEND With the new values the grid goes beyond run_cap 2',
    );
    expect(trialKeys(extended(cut, { parameters: { latent: [1] }, run_cap: 3 }))).toHaveLength(3);
  });
});
