import { expect, test } from '@jest/globals';
import { id, sampleBoard, sampleTrial } from '../testing/sample-room.ts';
import { featureFinding } from './feature-findings.ts';
import { seedErrors } from './slices.ts';

const cells = [
  { features: 'pixels', labels: 100, scores: [0.7, 0.71, 0.72] },
  { features: 'frozen', labels: 100, scores: [0.8, 0.81, 0.82] },
  { features: 'random', labels: 100, scores: [0.6, 0.75, 0.7] },
  { features: 'frozen', labels: 1000, scores: [0.9, 0.9, 0.9] },
];
const [row] = sampleBoard().rows;
const board = sampleBoard([], {
  metric: 'test_accuracy',
  goal: 'maximize',
  rows: cells.map(({ features, labels }, i) => ({ ...row!, cellId: id(i), parameters: { features, labels } })),
});
const trials = cells.flatMap(({ scores }, i) =>
  scores.map((score, seed) => sampleTrial(10 * i + seed, { cellId: id(i), seed, score })),
);

test('each kind of features against raw pixels with as many labels, the unflattering ones too', () => {
  const { sentences, comparisons } = featureFinding(board, seedErrors(trials));
  expect(comparisons.map(({ label, pairs }) => [label, pairs])).toEqual([
    ['features frozen, labels 100', 3],
    ['features random, labels 100', 3],
  ]);
  expect(sentences[0]).toBe(
    'features frozen, labels 100: 10.00 points ahead of raw pixels, ± 0.00 points over 3 seeds: the interval excludes zero.',
  );
  expect(sentences[1]).toMatch(/features random.*behind raw pixels.*holds zero/);
});

test('a sweep without raw pixels compares nothing', () => {
  const rows = board.rows.filter(({ parameters }) => parameters['features'] !== 'pixels');
  expect(featureFinding({ ...board, rows }, seedErrors(trials))).toEqual({ sentences: [], comparisons: [] });
});
