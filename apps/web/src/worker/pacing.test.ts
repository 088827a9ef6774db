import { describe, expect, test } from '@jest/globals';
import { pacedYield, restMs } from './pacing.ts';

describe('power', () => {
  test.each([
    [60, 1, 0],
    [60, 0.5, 60],
    [60, 0.1, 540],
    [60, 0.25, 180],
    [10_000, 0.1, 2_000],
  ])('after %d ms of work, %d of the time: %d ms of rest', (busyMs, share, expected) => {
    expect(restMs(busyMs, share)).toBeCloseTo(expected, 9);
  });

  test('work takes the asked share of the time, and no timer is used at full power', async () => {
    const clock = { now: 0, share: 0.25, turns: 0 };
    const yieldToLoop = pacedYield({
      now: () => clock.now,
      sleep: (ms) => Promise.resolve(void (clock.now += ms)),
      turn: () => Promise.resolve(void (clock.turns += 1)),
      share: () => clock.share,
    });
    for (let step = 0; step < 10; step += 1) {
      clock.now += 50;
      await yieldToLoop();
    }
    expect(clock).toEqual({ now: 2_000, share: 0.25, turns: 0 });
    clock.share = 1;
    clock.now += 50;
    await yieldToLoop();
    expect(clock).toEqual({ now: 2_050, share: 1, turns: 1 });
  });
});
