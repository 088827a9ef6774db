import { expect, test } from '@jest/globals';
import type { Death } from '../supervision/supervised-child.ts';
import { deathLines, readableLogLine } from './notices.ts';
import { plainLook } from './paint.ts';

const death = (changes: Partial<Death> = {}): Death => ({
  name: 'worker-1',
  ending: { code: null, signal: 'SIGKILL' },
  decision: { restart: true, delayMs: 500 },
  fatal: null,
  logPath: '/data/logs/worker-1.log',
  tail: ['{"level":30,"msg":"epoch 1 done"}', 'Killed'],
  ...changes,
});

test('a death says what happened, what follows, the last lines and where the rest is', () => {
  expect(deathLines(death(), './.gradpool/logs/worker-1.log', plainLook(80))).toEqual([
    '  worker-1 stopped unexpectedly (killed by SIGKILL); it starts again in 0.5 s',
    '    | epoch 1 done',
    '    | Killed',
    '    its log: ./.gradpool/logs/worker-1.log',
  ]);
});

test('a child that stays down says why, in its own words', () => {
  const lines = deathLines(
    death({
      ending: { code: 2, signal: null },
      decision: { restart: false, reason: 'the same start would fail again' },
      fatal: { code: 'E_TOKEN', message: 'the token is wrong' },
      tail: [],
    }),
    'x.log',
    plainLook(100),
  );
  expect(lines.slice(0, 2)).toEqual([
    '  worker-1 stopped unexpectedly (exit code 2); it stays down: the same start would fail again',
    '    E_TOKEN: the token is wrong',
  ]);
});

test.each([
  ['plain text', 'plain text'],
  ['{"level":50,"msg":"failed","err":{"message":"disk full"}}', 'failed: disk full'],
  ['{"level":50,"msg":"disk full","err":{"message":"disk full"}}', 'disk full'],
  ['{not json', '{not json'],
  ['{"level":50}', '{"level":50}'],
])('the log line %s is shown as %s', (line, shown) => expect(readableLogLine(line)).toBe(shown));
