import { expect, test } from '@jest/globals';
import { metricOf } from './metrics.ts';
import { scoreDifferenceText, scoreText } from './score-text.ts';

test('[R7] a score is written in the form of its metric', () => {
  expect(scoreText('test_accuracy', 0.97321)).toBe('97.32 %');
  expect(scoreText('test_auc', 0.98765)).toBe('0.9877');
  expect(scoreText('test_psnr', 17.456)).toBe('17.46 dB');
  expect([scoreText('test_mse', 0.0123), scoreText('test_mse', 0.0123, 3)]).toEqual(['0.01230', '0.012']);
});

test('[R7] a metric of a newer version is written as an error under its own name', () => {
  expect(metricOf('test_new_thing')).toMatchObject({ label: 'test new thing', goal: 'minimize' });
  expect(scoreText('test_new_thing', 0.5)).toBe('0.50000');
});

test('[R7] shares differ by percentage points', () => {
  expect(scoreDifferenceText('test_accuracy', 0.0288)).toBe('2.88 points');
  expect(scoreDifferenceText('test_mse', 0.0012)).toBe('0.00120');
});
