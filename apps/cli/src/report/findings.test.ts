import { describe, expect, test } from '@jest/globals';
import { mnistManifest } from '@gradpool/experiment';
import { noTrials } from '@gradpool/protocol';
import { sampleReport, type SeededCell } from '../testing/sample-report.ts';
import { settledSweep } from '../testing/sample-room.ts';
import { findingsOf } from './findings.ts';

const said = (cells: readonly SeededCell[], changes = {}): Record<string, string> =>
  Object.fromEntries(
    findingsOf(sampleReport(cells, changes)).map(({ title, sentences }) => [title, sentences.join(' ')]),
  );

const eight = (mean: number): number[] => Array.from({ length: 8 }, (_, seed) => mean + seed / 1e5);

describe('does a larger code help', () => {
  const title = 'Does a larger code help?';

  test('an error that falls with every step, with seeds enough to tell', () => {
    const text = said([
      [2, 0, eight(0.04)],
      [8, 0, eight(0.02)],
      [32, 0, eight(0.01)],
    ])[title];
    expect(text).toContain(
      'At noise 0 the error falls with every step of k, from 0.0400 at k = 2 to 0.0100 at k = 32.',
    );
    expect(text).toContain('2 of 2 steps significant at 5 %, 2 of them for the better.');
    expect(text).not.toContain('cannot settle');
  });

  test('a step that does not help is named, and so are too few seeds', () => {
    const text = said([
      [2, 0, [0.04, 0.04, 0.04]],
      [8, 0, [0.02, 0.02, 0.02]],
      [32, 0, [0.03, 0.03, 0.03]],
    ])[title];
    expect(text).toContain('it does not fall on the way to k = 32');
    expect(text).toContain('0 of 2 steps significant');
    expect(text).toContain('3 seeds cannot settle 2 comparisons: with fewer than 7');
  });
});

test('how far from the linear method: the least and the most, and which side of it', () => {
  const all = said([
    [2, 0, [0.0501]],
    [8, 0, [0.0187]],
  ])['How far from PCA?'];
  expect(all).toContain('Every cell beats');
  expect(all).toContain('from 10.1 % below it (k = 2, noise 0) to 50.0 % below it (k = 8, noise 0)');
  const some = said([
    [2, 0, [0.0613]],
    [8, 0, [0.0187]],
  ])['How far from PCA?'];
  expect(some).toContain('1 of 2 cells beat');
  expect(some).toContain('from 10.1 % above it (k = 2, noise 0)');
});

test('what noise costs, and whether denoising beats leaving the picture alone', () => {
  const text = said([
    [2, 0, [0.04]],
    [2, 0.3, [0.05]],
    [2, 0.9, [0.06]],
  ]);
  expect(text['What does noise cost?']).toBe('Noise 0.9 multiplies the error without noise by 1.50 at k = 2.');
  expect(text['Is denoising worth it?']).toContain(
    'At noise 0.3 the noisy picture itself is off by 0.0466; 0 of 1 cells do',
  );
  expect(text['Is denoising worth it?']).toContain(
    'At noise 0.9 the noisy picture itself is off by 0.2324; 1 of 1 cells do',
  );
});

test('few seeds, failed trials and cells to come are said', () => {
  const sweep = settledSweep({ cellsDone: 7, trials: { ...noTrials, complete: 7, failed: 1 } });
  const text = said([[2, 0, [0.04]]], { sweep })['What to be careful with'];
  expect(text).toMatch(/2 of 9 cells are still to come.*1 trial failed.*1 of 1 cells have fewer than 3 seeds/);
});

test('a part of a data set is said to be one', () => {
  const dataset = { ...mnistManifest, train: { images: 500 }, test: { images: 100 } };
  const text = said([[2, 0, [0.04, 0.04, 0.04]]], { dataset })['What to be careful with'];
  expect(text).toContain('a part of mnist, 500 training and 100 test pictures of 60,000 and 10,000');
});

test('one cell without baselines: nothing is claimed that needs more', () => {
  const report = sampleReport([[5, 0, [0.04, 0.04, 0.04]]]);
  expect(findingsOf({ ...report, board: { ...report.board, baselines: [] } }).map(({ title }) => title)).toEqual([]);
});
