import { expect, test } from '@jest/globals';
import { seenText } from './last-seen.ts';

test.each([
  [0, 'just now'],
  [-5_000, 'just now'],
  [30_000, 'less than a minute ago'],
  [150_000, '2 min ago'],
  [7_500_000, '2 h 5 min ago'],
])('%p ms ago reads %p', (ago, text) => {
  expect(seenText(1_000_000_000 - ago, 1_000_000_000)).toBe(text);
});
