import { describe, expect, test } from '@jest/globals';
import { durationText, errorText, meanText, metricOfSweep, shortScore } from './figures.ts';

describe('figures', () => {
  test.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
  ])('%p ms reads %p', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test('an error keeps two digits when it is small', () => {
    expect([errorText(0.012345), errorText(0.00012345)]).toEqual(['0.0123', '0.00012']);
  });

  test('a score is as short as its metric allows', () => {
    expect([shortScore('test_mse', 0.0123), shortScore('test_accuracy', 0.5)]).toEqual(['0.0123', '50.00 %']);
    expect(metricOfSweep({ spec: { metric: { name: 'test_auc' } } })).toBe('test_auc');
    expect([metricOfSweep(undefined), metricOfSweep({ spec: {} })]).toEqual(['test_mse', 'test_mse']);
  });

  test('one seed has no interval', () => {
    expect([meanText('test_mse', 0.0123, null), meanText('test_mse', 0.0123, 0.0004)]).toEqual([
      '0.01230',
      '0.01230 ± 0.00040',
    ]);
    expect(meanText('test_accuracy', 0.9731, 0.0012)).toBe('97.31 % ± 0.12 %');
  });
});
