import { expect, test } from '@jest/globals';
import { safeJson, safeText } from './safe-json.ts';

test('safeJson is JSON.stringify for what Postgres takes', () => {
  const value = [{ a: 'ü 💥 \\u0000 "', b: null, c: [1.5, true] }];
  expect(JSON.parse(safeJson(value))).toEqual(value);
});

test('safeJson and safeText replace NUL and half surrogate pairs, in keys too', () => {
  expect(JSON.parse(safeJson({ 'k\0': ['a\ud83d', '\udc00b', '💥'] }))).toEqual({
    'k\ufffd': ['a\ufffd', '\ufffdb', '💥'],
  });
  expect(safeText('a\0b\ud83d')).toBe('a\ufffdb\ufffd');
});
