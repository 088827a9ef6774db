import { describe, expect, test } from '@jest/globals';
import { mnistManifest } from './manifest.ts';
import { isPlacedPooled } from './placement.ts';
import { planCells } from './plan.ts';
import { pooledSpec } from './pooled-spec.ts';
import { sweepHash } from './sweep-hash.ts';
import { sweepOf } from './testing.ts';
import { parseSweep } from './parse-sweep.ts';
import { trialSpec } from './trial-spec.ts';

const text = (more = ''): string => `
name: mixed
placement: auto
pooled: { mode: local }
parameters:
  latent: { values: [2, 32] }
  model: { value: mlp }
  hidden: { values: [[64], [2048, 1024]] }
  epochs: { value: 30 }
${more}`;

const placed = (more = ''): (string | undefined)[] =>
  planCells(sweepOf(text(more))).flatMap(({ trials }) => trials.map(({ spec }) => spec.pooled?.mode));

describe('[P10] placement: auto', () => {
  test('trains big cells pooled and small ones alone, with the same batch', () => {
    const cells = planCells(sweepOf(text()));
    expect(cells.map(({ parameters, trials: [trial] }) => [parameters['hidden'], trial?.spec.pooled?.mode])).toEqual([
      [[64], undefined],
      [[2048, 1024], 'local'],
      [[64], undefined],
      [[2048, 1024], 'local'],
    ]);
    expect(cells.map(({ trials: [trial] }) => trial?.spec.batch_size)).toEqual([16, 16, 16, 16]);
  });

  test('decides each cell by itself: more seeds or values change no other cell', () => {
    expect(placed('seeds: { count: 2 }')).toEqual(placed().flatMap((mode) => [mode, mode]));
    const one = sweepOf(text().replace('[2, 32]', '[2]'));
    expect(planCells(one).map(({ trials: [trial] }) => trial?.spec.pooled?.mode)).toEqual(placed().slice(0, 2));
  });

  test('keeps a model alone whose sums would take longer on the way than to compute, with so many workers', () => {
    const spec = trialSpec.parse({ latent: 8, seed: 0, hidden: [2048, 1024], epochs: 60, batch_size: 512 });
    const pooled = pooledSpec.parse({ mode: 'exact' });
    const at = (workers: number, more = pooled): boolean =>
      isPlacedPooled({ spec, pooled: more, workers, manifest: mnistManifest });
    expect([2, 8].map((workers) => at(workers))).toEqual([false, false]);
    const large = pooledSpec.parse({ mode: 'exact', micro_batch: 256 });
    expect([2, 8].map((workers) => at(workers, large))).toEqual([true, false]);
  });

  test('is refused without pooled, and pooled trains every cell so without it', () => {
    expect(parseSweep(text().replace('pooled: { mode: local }', ''))).toMatchObject({
      ...{ ok: false, code: 'E_SWEEP_VALUE' },
      message: expect.stringContaining('placement is "auto" but there is no pooled'),
    });
    const all = sweepOf(text().replace('placement: auto', ''));
    expect(planCells(all).every(({ trials: [trial] }) => trial?.spec.pooled)).toBe(true);
  });

  test('[P5] another placement is another sweep, one spelt out is the same', () => {
    const hash = (yaml: string): string => sweepHash(sweepOf(yaml), 'd');
    expect(hash(text())).not.toBe(hash(text().replace('placement: auto', '')));
    expect(hash(text('placement_workers: 4'))).toBe(hash(text()));
    expect(hash(text('placement_workers: 8'))).not.toBe(hash(text()));
  });
});
