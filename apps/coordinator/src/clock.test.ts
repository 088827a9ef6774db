import { expect, test } from '@jest/globals';
import { startClock } from './clock.ts';

test('goes on by the monotonic timer, whatever the wall clock does', () => {
  let elapsed = 500;
  let wall = 1_000_000;
  const clock = startClock(
    0,
    () => wall,
    () => elapsed,
  );
  expect(clock()).toBe(1_000_000);
  wall = 10;
  elapsed = 1_500;
  expect(clock()).toBe(1_001_000);
});

test('never runs backward, not even where the timer does', () => {
  let elapsed = 1_000;
  const clock = startClock(
    0,
    () => 5_000,
    () => elapsed,
  );
  const first = clock();
  elapsed = 0;
  expect(clock()).toBe(first);
});

test('starts no earlier than the newest stored time', () => {
  const clock = startClock(
    9_000,
    () => 5_000,
    () => 0,
  );
  expect(clock()).toBe(9_000);
});
