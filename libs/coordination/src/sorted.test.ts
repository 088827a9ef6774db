import { describe, expect, test } from '@jest/globals';
import { insertSorted, lowerBound, removeSorted } from './sorted.ts';
import { popDueTimer, pushTimer } from './timers.ts';
import type { Timer } from './timers.ts';

/** A small linear congruential sequence: the test is the same every time. */
function* sequence(seed: number): Generator<number, never> {
  let value = seed;
  for (;;) {
    value = (value * 1_103_515_245 + 12_345) % 2_147_483_648;
    yield value;
  }
}

describe('ordered structures', () => {
  test('a sorted list keeps its order under insertions and removals', () => {
    const draw = sequence(1);
    const compare = (a: number, b: number): number => a - b;
    const list: number[] = [];
    for (let index = 0; index < 500; index += 1) insertSorted(list, draw.next().value, compare);
    expect(list).toEqual([...list].sort(compare));
    for (const element of list.filter((_value, index) => index % 3 === 0)) {
      expect(removeSorted(list, element, compare)).toBe(true);
      expect(removeSorted(list, element, compare)).toBe(false);
    }
    expect(list).toEqual([...list].sort(compare));
    expect(lowerBound([1, 3, 3, 5], (element) => element - 3)).toBe(1);
  });

  test('timers come due in the order of their times, and of their making among equals', () => {
    const draw = sequence(2);
    const heap: Timer[] = [];
    const timers = Array.from({ length: 300 }, (_none, sequence): Timer => {
      return { at: draw.next().value % 50, sequence, kind: 'lease', id: `${sequence}` };
    });
    for (const timer of timers) pushTimer(heap, timer);
    const due: Timer[] = [];
    for (let now = 0; now < 25; now += 1) {
      for (let timer = popDueTimer(heap, now); timer !== null; timer = popDueTimer(heap, now)) due.push(timer);
    }
    const inOrder = timers.filter(({ at }) => at < 25).sort((a, b) => a.at - b.at || a.sequence - b.sequence);
    expect(due).toEqual(inOrder);
    expect(heap).toHaveLength(timers.length - due.length);
  });
});
