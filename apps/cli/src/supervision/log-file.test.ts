import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LogFile } from './log-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gradpool-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('[S2] the last lines are at hand, also of chunks that end in mid-line', () => {
  const log = new LogFile(join(folder, 'logs', 'worker-1.log'));
  log.write('one\ntw');
  log.write('o\n\nthree');
  expect(log.tail()).toEqual(['one', 'two', 'three']);
  for (let n = 0; n < 50; n += 1) log.write(`line ${n}\n`);
  expect(log.tail()).toHaveLength(12);
  expect(log.tail().at(-1)).toBe('line 49');
  log.close();
  expect(readFileSync(log.path, 'utf8')).toMatch(/^one\ntwo\n\nthreeline 0\n/);
});

test('[S2] a file that grows too large is set aside', () => {
  const log = new LogFile(join(folder, 'worker-1.log'));
  const chunk = `${'x'.repeat(999_999)}\n`;
  for (let n = 0; n < 10; n += 1) log.write(chunk);
  log.close();
  expect(existsSync(`${log.path}.old`)).toBe(true);
  expect(readFileSync(log.path).length).toBeLessThan(3_000_000);
});

test('[S2] a log that cannot be written stops nobody', () => {
  const log = new LogFile(join(folder, 'worker-1.log'));
  log.close();
  expect(() => log.write('lost\n')).not.toThrow();
  expect(log.tail()).toEqual(['lost']);
});
