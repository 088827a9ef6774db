import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CliError, cliErrorMeanings, codeOf, configError, reasonOf } from './cli-error.ts';

test('SPEC.md lists every error code of the command with its meaning', () => {
  const spec = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8');
  const rows = [...spec.matchAll(/^\| (E_\w+) +\| (.+?) +\|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(rows)).toEqual(cliErrorMeanings);
});

test('what a thrown value says, in one line', () => {
  expect(reasonOf('text')).toBe('text');
  expect(reasonOf(new Error('one\ntwo'))).toBe('one');
  expect(reasonOf(new Error('fetch failed', { cause: new Error('connect ECONNREFUSED') }))).toBe(
    'connect ECONNREFUSED',
  );
  expect(reasonOf(new Error('', { cause: Object.assign(new Error(''), { code: 'ECONNREFUSED' }) }))).toBe(
    'ECONNREFUSED',
  );
  expect(codeOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
  expect(codeOf('x')).toBe('');
});

test('an error that would come again exits with 2, any other with 1', () => {
  expect(configError('E_USAGE', 'wrong').exit).toBe(2);
  expect(new CliError('E_CHILD', 'down').exit).toBe(1);
});
