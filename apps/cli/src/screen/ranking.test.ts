import { expect, test } from '@jest/globals';
import { sampleBoard } from '../testing/sample-room.ts';
import { plainLook } from './paint.ts';
import { rankedRows, rankingLines } from './ranking.ts';

const board = () => {
  const sample = sampleBoard([
    [2, 0, 0.0374, 0.0012],
    [8, 0, 0.016, 0.0004],
    [8, 0.3, 0.0179],
    [32, 0, 0.0071],
  ]);
  return { ...sample, rows: sample.rows.map((row, i) => ({ ...row, rank: [2, 1, null, null][i] ?? null })) };
};

test('ranked cells first, then the ones with too few seeds by their mean', () => {
  expect(rankedRows(board()).map((row) => row.mean)).toEqual([0.016, 0.0374, 0.0071, 0.0179]);
  expect(rankedRows({ ...board(), goal: 'maximize' }).map((row) => row.mean)).toEqual([0.016, 0.0374, 0.0179, 0.0071]);
});

test('the ranking, with what is the same everywhere said once', () => {
  expect(rankingLines(board(), plainLook(80), 20)).toEqual([
    '  quickstart: ranking of 4 cells',
    '  the same in every cell: epochs 2',
    '',
    '  rank   cell                  test MSE   95 % interval   n',
    '     1   latent 8, noise 0      0.01600   ±0.00040        3',
    '     2   latent 2, noise 0      0.03740   ±0.00120        3',
    '     -   latent 32, noise 0     0.00710                   1',
    '     -   latent 8, noise 0.3    0.01790                   1',
    '',
    '  -: fewer than 3 seeds, so listed but not ranked.',
  ]);
});

test('a wide terminal also shows how large the models are and what training took', () => {
  const { rows, ...rest } = board();
  const measures = { parameters: 1_083_696, compression_ratio: 98, training_seconds: 75, images_per_second: 4_301.2 };
  const lines = rankingLines({ ...rest, rows: rows.map((row) => ({ ...row, measures })) }, plainLook(140), 1);
  expect(lines[3]).toMatch(/n {3}parameters {3}compression {5}training {3}images\/s$/);
  expect(lines[4]).toMatch(/ 1,083,696 {12}98 {3}1 min 15 s {6}4,301$/);
});

test('a long ranking ends with how to see the rest', () => {
  const lines = rankingLines(board(), plainLook(80), 1);
  expect(lines[4]).toMatch(/^ {5}1 {3}latent 8, noise 0 /);
  expect(lines[5]).toBe('  and 3 more (--top 4)');
});
