import { expect, test } from '@jest/globals';
import type { TrialView } from '@gradpool/protocol';
import { metricWords, rungLines, stateText } from './trial-text.ts';

const figures = [
  { epoch: 1, validation: 0.7 },
  { epoch: 3, validation: 0.8 },
];
const trial = (state: TrialView['state'], pruned: NonNullable<TrialView['rungs']>['pruned'] = null) =>
  ({ state, attempts: 2, errorMessage: null, rungs: { untilEpoch: 3, figures, pruned } }) as unknown as TrialView;
const pruned = { epoch: 3, place: 4, of: 6, kept: 2, mean: 0.8 };

test('a trial that was stopped early says where, and by what', () => {
  expect(stateText(trial('pruned', pruned), 'test_accuracy')).toBe(
    'It was stopped early: after epoch 3 its cell was in place 4 of 6 by validation accuracy, and the best 2 went on.',
  );
  expect(stateText(trial('pruned', pruned), 'test_auc')).toContain('by validation MSE,');
  expect(stateText(trial('waiting'), 'test_mse')).toContain('stopped after epoch 3 to be compared');
});

test('each comparison says what followed', () => {
  const followed = (view: TrialView) => rungLines(view).map((line) => line.followed);
  expect(followed(trial('pruned', pruned))).toEqual(['went on', 'stopped: place 4 of 6']);
  expect(followed(trial('waiting'))).toEqual(['went on', 'waits for the others']);
  expect(rungLines({ rungs: null, state: 'complete' })).toEqual([]);
});

test('metrics of validation images are called after those of the test set', () => {
  const names = ['validation_mse', 'validation_accuracy', 'validation_cross_entropy', 'train_mse', 'else'];
  expect(names.map(metricWords)).toEqual([
    ...['validation MSE', 'validation accuracy', 'validation cross-entropy', 'training MSE', 'else'],
  ]);
});
