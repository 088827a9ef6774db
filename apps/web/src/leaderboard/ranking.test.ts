import { describe, expect, test } from '@jest/globals';
import type { Leaderboard, LeaderboardRow } from '@gradpool/protocol';
import { rankingOf, type TableLine } from './ranking.ts';
import { sampleRow } from './sample-row.ts';
import { readViewState } from './view-state.ts';

const names = ['latent', 'noise'];
const row = (latent: number, noise: number, mean: number) => sampleRow({ latent, noise }, mean);
const board: Leaderboard = {
  sweepId: 's' as never,
  name: 's',
  metric: 'test_mse',
  goal: 'minimize',
  rows: [row(2, 0, 0.05), row(8, 0, 0.02), row(2, 0.3, 0.06), row(8, 0.3, 0.03)],
  pruned: [],
  baselines: [
    { baseline: 'mean_image', latent: null, noise: 0, testMse: 0.07 },
    { baseline: 'pca', latent: 8, noise: 0, testMse: 0.04 },
    { baseline: 'identity', latent: null, noise: 0.3, testMse: 0.045 },
  ],
};
const shown = (search: string) => rankingOf(board, readViewState(new URLSearchParams(search), names)).map(short);

function short(line: TableLine): string {
  if (line.kind === 'cell') return `${line.row.cellId} #${line.place?.from ?? '-'}`;
  return line.kind === 'group' ? `= ${JSON.stringify(line.value)}` : line.baseline.baseline;
}

describe('the ranking', () => {
  test('stands best first, baselines between the cells without a place', () => {
    expect(shown('')).toEqual(['8/0 #1', '8/0.3 #2', 'pca', 'identity', '2/0 #3', '2/0.3 #4', 'mean_image']);
  });

  test('ranks among what the filters leave, and keeps the baselines that hold there', () => {
    expect(shown('f.noise=0.3')).toEqual(['8/0.3 #1', 'identity', '2/0.3 #2', 'mean_image']);
    expect(shown('f.latent=2')).toEqual(['identity', '2/0 #1', '2/0.3 #2', 'mean_image']);
  });

  test('ranks each group by itself', () => {
    expect(shown('group=noise')).toEqual([
      '= 0',
      '8/0 #1',
      'pca',
      '2/0 #2',
      'mean_image',
      '= 0.3',
      '8/0.3 #1',
      'identity',
      '2/0.3 #2',
      'mean_image',
    ]);
  });

  test('sorts by a parameter, and by error within it', () => {
    expect(shown('sort=-latent&f.noise=0')).toEqual(['8/0 #1', 'pca', '2/0 #2', 'mean_image']);
  });

  test('sorts by a measure; what has none stands last, either way round', () => {
    const measured = [0.8, 0.9, undefined, 0.7].map((ssim, i): LeaderboardRow => {
      const shown = row(i, 0, 0.01 * i);
      return ssim === undefined ? shown : { ...shown, measures: { test_ssim: ssim } };
    });
    const order = (sort: string) =>
      rankingOf({ ...board, rows: measured }, readViewState(new URLSearchParams({ sort }), names)).map(short);
    expect(order('test_ssim').slice(0, 4)).toEqual(['3/0 #4', '0/0 #1', '1/0 #2', '2/0 #3']);
    expect(order('-test_ssim').slice(0, 4)).toEqual(['1/0 #2', '0/0 #1', '3/0 #4', '2/0 #3']);
  });

  test('keys of lines are unique', () => {
    const keys = rankingOf(board, readViewState(new URLSearchParams('group=noise'), names)).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('answers within 100 ms over ten thousand cells', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => row(i % 100, Math.floor(i / 100), Math.sin(i) + 2));
    const view = readViewState(new URLSearchParams('group=noise&f.latent=3&f.latent=4'), names);
    // The best of a few: what is asked is that it can be this quick, on a machine that does other things too.
    const took = Array.from({ length: 5 }, () => {
      const startedAt = performance.now();
      expect(rankingOf({ ...board, rows }, view)).toHaveLength(100 + 200 + 100);
      return performance.now() - startedAt;
    });
    expect(Math.min(...took)).toBeLessThan(100);
  });
});
