import { expect, test } from '@jest/globals';
import { encode } from 'uqr';
import { plainLook } from './paint.ts';
import { qrLines } from './qr-code.ts';

const text = 'http://192.168.1.20:4710/join#t=0123456789abcdefghijklmnopqrstuv';

/** Light where a module is light: the upper half of a line is one row of modules, the lower half the next. */
const rowsOf = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => {
    const modules = [...line.slice(2)];
    return [modules.map((m) => ('█▀'.includes(m) ? ' ' : '#')), modules.map((m) => ('█▄'.includes(m) ? ' ' : '#'))].map(
      (row) => row.join(''),
    );
  });

test('a code shows every module of the text, light border around it', () => {
  const { data, size } = encode(text, { border: 2 });
  const rows = rowsOf(qrLines(text, plainLook(80)) ?? []).slice(0, size);
  expect(rows).toEqual(data.map((row) => row.map((dark) => (dark ? '#' : ' ')).join('')));
});

test('no code where it does not fit or cannot be drawn', () => {
  expect(qrLines(text, plainLook(30))).toBeNull();
  expect(qrLines(text, { ...plainLook(80), unicode: false })).toBeNull();
});
