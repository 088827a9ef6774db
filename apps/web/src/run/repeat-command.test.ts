import { describe, expect, test } from '@jest/globals';
import { parseSweep, planCells } from '@gradpool/experiment';
import { repeatCommand, repeatSweep } from './repeat-command.ts';

const trial = { parameters: { latent: 8, noise: 0.3, hidden: [64, 32], schedule: 'constant' }, seed: 7 };
const sweep = { name: 'paper', spec: { metric: { name: 'test_mse', goal: 'minimize' } } };

describe('repeating a trial', () => {
  test('the sweep file plans that one trial', () => {
    const parsed = parseSweep(repeatSweep(sweep, trial));
    if (!parsed.ok) throw new Error(parsed.message);
    const cells = planCells(parsed.sweep);
    expect(cells.map(({ parameters }) => parameters)).toEqual([trial.parameters]);
    expect(cells[0]?.trials.map(({ seed }) => seed)).toEqual([7]);
  });

  test('a trial that many workers trained is pooled again, with steps of the same images', () => {
    const pooled = { mode: 'exact', micro_batch: 16, micro_batches: 4 };
    const parsed = parseSweep(repeatSweep({ ...sweep, spec: { pooled } }, trial));
    expect(parsed.ok && planCells(parsed.sweep)[0]?.trials[0]?.spec).toMatchObject({ pooled, batch_size: 64 });
  });

  test('the longest name stays a name', () => {
    const parsed = parseSweep(repeatSweep({ ...sweep, name: 'n'.repeat(64) }, trial));
    expect(parsed.ok && parsed.sweep.name).toBe(`${'n'.repeat(55)}-repeat-7`);
  });

  test('the command feeds the file to the program', () => {
    expect(repeatCommand('name: a\n')).toBe("npx gradpool sweep run /dev/stdin --watch <<'SWEEP'\nname: a\nSWEEP");
  });
});
