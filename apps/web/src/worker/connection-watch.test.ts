import { expect, test } from '@jest/globals';
import { look, startWatch } from './connection-watch.ts';

test('a connection that sends what it is given is alive', () => {
  const watch = startWatch(0);
  for (let now = 2_500; now < 60_000; now += 2_500) expect(look(watch, { now, buffered: 0 })).toBeNull();
});

test('a slow one that still moves is alive, one that is stuck is not', () => {
  const slow = startWatch(0);
  for (let i = 1; i < 30; i += 1) expect(look(slow, { now: 2_500 * i, buffered: 100_000 - i })).toBeNull();
  const stuck = startWatch(0);
  const said = Array.from({ length: 9 }, (_, i) => look(stuck, { now: 2_500 * (i + 1), buffered: 5_000 }));
  expect(said.slice(0, 7).every((reason) => reason === null)).toBe(true);
  expect(said[8]).toBe('nothing could be sent');
});

test('after a sleep the connection is taken to be dead, once', () => {
  const watch = startWatch(0);
  expect(look(watch, { now: 3_600_000, buffered: 0 })).toBe('the device was asleep');
  expect(look(watch, { now: 3_602_500, buffered: 0 })).toBeNull();
});
