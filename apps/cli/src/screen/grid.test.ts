import { expect, test } from '@jest/globals';
import { sampleBoard, sampleCells } from '../testing/sample-room.ts';
import { baselineLines } from './baselines.ts';
import { gridLines, gridOf } from './grid.ts';
import { openPaint, plainLook, type Look } from './paint.ts';
import { reportLines } from './report.ts';

const drawn = (board = sampleBoard(), look: Look = plainLook(80)): string[] => {
  const grid = gridOf(board);
  return grid ? gridLines(board, grid, look) : [];
};

test('the grid: latent sizes down, noise factors across, PCA of the same size beside them', () => {
  expect(drawn()).toEqual([
    '  quickstart: error by latent size (rows) and noise factor (columns)',
    '',
    '  latent   noise 0       noise 0.3     noise 0.9         PCA',
    '       2   0.03740 n=1   0.03840 n=1   0.04510 n=1   0.05570',
    '       8   0.01600 n=1   0.01790 n=1   0.03050 n=1   0.03740',
    '      32   0.00700 n=1   0.01080 n=1   0.03710 n=1   0.01680',
    '',
    '  Mean squared error per pixel on the test images, lower is better; n: seeds,',
    '  all verified. PCA: a linear code of the same size, on clean images.',
  ]);
});

test('three seeds or more show their 95 % interval', () => {
  const lines = drawn(
    sampleBoard([
      [2, 0, 0.0374, 0.0012],
      [2, 0.3, 0.0384],
    ]),
  );
  expect(lines[3]).toBe('       2   0.0374 ±0.0012 n=3   0.0384 n=1   0.0557');
  expect(lines.join(' ')).toContain('±: half of the 95 % confidence interval');
});

test('cells that are not there yet are dashes', () => {
  expect(
    drawn(
      sampleBoard([
        [2, 0, 0.0374],
        [8, 0.3, 0.0179],
      ]),
    ).slice(2, 5),
  ).toEqual([
    '  latent   noise 0      noise 0.3       PCA',
    '       2   0.0374 n=1   -            0.0557',
    '       8   -            0.0179 n=1   0.0374',
  ]);
});

test('a narrow terminal stacks the cells, a narrower one splits the columns', () => {
  const board = sampleBoard(sampleCells.map(([latent, noise, mean]) => [latent, noise, mean, 0.0012] as const));
  expect(drawn(board, plainLook(72)).slice(2, 7)).toEqual([
    '  latent   noise 0        noise 0.3      noise 0.9          PCA',
    '       2   0.03740        0.03840        0.04510        0.05570',
    '           ±0.00120 n=3   ±0.00120 n=3   ±0.00120 n=3',
    '       8   0.01600        0.01790        0.03050        0.03740',
    '           ±0.00120 n=3   ±0.00120 n=3   ±0.00120 n=3',
  ]);
  for (const columns of [20, 30, 40, 50, 60, 70]) {
    const lines = drawn(board, plainLook(columns));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  }
  expect(drawn(board, plainLook(40)).filter((line) => line.includes('noise 0.9'))).toHaveLength(1);
});

test('a cell is green where it beats the best linear method of its size', () => {
  const look = { ...plainLook(100), paint: openPaint(true) };
  const row = drawn(sampleBoard(), look)[5] ?? '';
  expect(row).toContain('\u001B[32m0.00700\u001B[39m');
  // Latent 32 at noise 0.9: 0.0371 against 0.0357.
  expect(row).not.toContain('\u001B[32m0.03710');
});

test('a sweep of other parameters is ranked instead', () => {
  const board = sampleBoard();
  const other = {
    ...board,
    rows: board.rows.map((row, i) => ({ ...row, parameters: { ...row.parameters, epochs: i } })),
  };
  expect(gridOf(other)).toBeNull();
  expect(reportLines(other, plainLook(80))[0]).toBe('  quickstart: ranking of 9 cells');
});

test('without any result there is no grid', () => {
  expect(gridOf(sampleBoard([]))).toBeNull();
  expect(reportLines(sampleBoard([]), plainLook(80))).toEqual(['  quickstart: no verified result yet']);
});

test('what needs no training stands below, by noise factor', () => {
  const grid = gridOf(sampleBoard());
  if (!grid) throw new Error('the sample is a grid');
  expect(baselineLines(sampleBoard(), grid, plainLook(80))).toEqual([
    '  without training, for comparison',
    '',
    '  method              noise 0   noise 0.3   noise 0.9',
    '  linear, latent 2    0.05570     0.05580     0.05770',
    '  linear, latent 8    0.03740     0.03810     0.04470',
    '  linear, latent 32   0.01680     0.01930     0.03570',
    '  doing nothing             0     0.04660     0.23240',
    '  mean image          0.06750     0.06750     0.06750',
    '',
    '  linear: PCA on clean images, the best linear denoiser of that rank on noisy',
    '  ones.',
  ]);
  expect(baselineLines({ ...sampleBoard(), baselines: [] }, grid, plainLook(80))).toEqual([]);
});
