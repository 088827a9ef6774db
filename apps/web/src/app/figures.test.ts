import { describe, expect, test } from '@jest/globals';
import { durationText, errorText, meanText } from './figures.ts';

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

  test('one seed has no interval', () => {
    expect([meanText(0.0123, null), meanText(0.0123, 0.0004)]).toEqual(['0.01230', '0.01230 ± 0.00040']);
  });
});
