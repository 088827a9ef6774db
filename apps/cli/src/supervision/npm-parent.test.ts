import { expect, test } from '@jest/globals';
import { movedClock } from '../testing/moved-clock.ts';
import { whenNpmIsGone } from './npm-parent.ts';

test('[S5] under npm, the end of the shell between is a reason to stop, told once', () => {
  const clock = movedClock();
  let parent = 700;
  let told = 0;
  whenNpmIsGone(() => (told += 1), { env: { npm_lifecycle_event: 'start' }, ppid: () => parent, clock });
  clock.move(1_000);
  clock.move(1_000);
  expect(told).toBe(0);
  parent = 1;
  clock.move(1_000);
  clock.move(60_000);
  expect([told, clock.waiting()]).toEqual([1, 0]);
});

test('[S5] a server that npm did not start may outlive its shell', () => {
  const clock = movedClock();
  whenNpmIsGone(() => undefined, { env: {}, ppid: () => 1, clock });
  expect(clock.waiting()).toBe(0);
});

test('looking ends when nobody cares any more', () => {
  const clock = movedClock();
  const stop = whenNpmIsGone(() => undefined, { env: { npm_lifecycle_event: 'start' }, ppid: () => 7, clock });
  clock.move(1_000);
  stop();
  expect(clock.waiting()).toBe(0);
});
