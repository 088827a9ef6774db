import { expect, test } from '@jest/globals';
import { addressOf, findSweep } from './sweep-address.ts';

const [old, other, young] = [
  { sweepId: 'id-1', name: 'paper' },
  { sweepId: 'id-2', name: 'quickstart' },
  { sweepId: 'id-3', name: 'paper' },
] as never as Parameters<typeof addressOf>[0] & { length: 3 };
const all = [old, other, young] as NonNullable<typeof old>[];

test('a name means the newest sweep that has it', () => {
  expect(all.map((sweep) => addressOf(all, sweep))).toEqual(['id-1', 'quickstart', 'paper']);
});

test('every address leads back to its sweep, and no address to the newest', () => {
  expect(all.map((sweep) => findSweep(all, addressOf(all, sweep)))).toEqual(all);
  expect(findSweep(all, undefined)).toBe(young);
  expect(findSweep(all, 'gone')).toBeUndefined();
});
