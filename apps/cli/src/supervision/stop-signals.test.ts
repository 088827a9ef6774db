import { expect, test } from '@jest/globals';
import { pressCounter } from './stop-signals.ts';

test('[S6] the echo of a Ctrl-C, a few ms later, is no second one', () => {
  let nowMs = 5_000;
  const heard: string[] = [];
  const press = pressCounter(
    { now: () => nowMs },
    { onFirst: () => heard.push('first'), onSecond: () => heard.push('second') },
  );
  press();
  nowMs += 3;
  press();
  expect(heard).toEqual(['first']);
  nowMs += 2_000;
  press();
  expect(heard).toEqual(['first', 'second']);
});
