import { expect, test } from '@jest/globals';
import { decideRestart, describeEnding } from './restart-policy.ts';

const killed = { code: null, signal: 'SIGKILL' };

test('[S3] the wait doubles with every restart', () => {
  const delays = [0, 1, 2, 3, 4].map((earlier) => decideRestart(killed, Array<number>(earlier).fill(1_000), 2_000));
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000].map((delayMs) => ({ restart: true, delayMs })));
});

test('[S3] after 5 restarts in 10 minutes a process stays down', () => {
  expect(decideRestart(killed, Array<number>(5).fill(1_000), 2_000)).toEqual({
    restart: false,
    reason: 'it was started again 5 times within 10 minutes',
  });
});

test('[S3] restarts of more than 10 minutes ago are forgotten', () => {
  expect(decideRestart(killed, Array<number>(5).fill(1_000), 601_000)).toEqual({ restart: true, delayMs: 500 });
});

test('[S3] exit code 2 is never repeated: the same start would fail again', () => {
  expect(decideRestart({ code: 2, signal: null }, [], 0)).toMatchObject({ restart: false });
  expect(decideRestart({ code: 0, signal: null }, [], 0)).toMatchObject({ restart: true });
});

test('endings in words', () => {
  expect(describeEnding({ code: 1, signal: null })).toBe('exit code 1');
  expect(describeEnding(killed)).toBe('killed by SIGKILL');
});
