import { expect, test } from '@jest/globals';
import { comparedTrials, comparedTrialsMax, comparePath } from './compare-path.ts';

const idOf = (index: number): string => `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`;
const read = (path: string) => comparedTrials(new URL(path, 'http://localhost').searchParams);

test('the trials of an address are those it was made from', () => {
  expect(read(comparePath([idOf(1), idOf(2)]))).toEqual([idOf(1), idOf(2)]);
});

test('what is no id is left out, and a repeat counts once', () => {
  expect(read(`/compare?trials=x,${idOf(1)},,${idOf(1)}`)).toEqual([idOf(1)]);
  expect(read('/compare')).toEqual([]);
});

test('no more are compared than can be told apart', () => {
  expect(read(comparePath(Array.from({ length: 40 }, (_, i) => idOf(i))))).toHaveLength(comparedTrialsMax);
});
