import { describe, expect, test } from '@jest/globals';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEstimate,
  formatMse,
  formatPlural,
  mseDecimals,
} from './units.ts';

describe('durations', () => {
  test.each([
    [0, '0 s'],
    [8_400, '8 s'],
    [60_000, '1 min'],
    [72_000, '1 min 12 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [86_400_000, '1 day'],
    [2 * 86_400_000 + 3_600_000, '2 days 1 h'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  test.each([
    [4_000, 'less than 10 s'],
    [44_000, 'about 40 s'],
    [95_000, 'about 2 min'],
    [7_800_000, 'about 2 h 10 min'],
  ])('%d ms ahead is %s', (ms, text) => expect(formatEstimate(ms)).toBe(text));
});

test.each([
  [0, '0 B'],
  [980, '980 B'],
  [12_345_678, '12.3 MB'],
  [999_999, '1.0 MB'],
  [123_400_000_000, '123 GB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0, '0'],
  [0.0374, '0.0374'],
  [0.00582, '0.00582'],
  [1.23456, '1.2346'],
  [0.00001, '1.00e-5'],
  [123_456, '1.23e+5'],
])('an error of %d is %s', (value, text) => expect(formatMse(value)).toBe(text));

test('one small value gives a whole table five decimals', () => {
  expect(mseDecimals([0.0374, 0.0675])).toBe(4);
  expect(mseDecimals([0.0374, 0.007])).toBe(5);
  expect(formatMse(0.0374, 5)).toBe('0.03740');
});

test('counts and plurals', () => {
  expect(formatCount(48_290.4)).toBe('48,290');
  expect(formatPlural(1, 'cell')).toBe('1 cell');
  expect(formatPlural(1200, 'trial')).toBe('1,200 trials');
});
