import { expect, test } from '@jest/globals';
import { openPaint, plainLook } from './paint.ts';
import { progressBar } from './bar.ts';
import { clip, paragraph, tableLines } from './table.ts';

const columns = [
  { title: 'worker' },
  { title: 'does', flexible: true as const },
  { title: 'loss', align: 'right' as const },
];

test('a table has a head, aligned columns and no boxes', () => {
  expect(
    tableLines(
      columns,
      [
        ['worker-1', 'trains', '0.1'],
        ['evaluator', 'checks a result', '12.5'],
      ],
      plainLook(80),
    ),
  ).toEqual([
    '  worker      does              loss',
    '  worker-1    trains             0.1',
    '  evaluator   checks a result   12.5',
  ]);
});

test('the flexible column gives way first', () => {
  expect(tableLines(columns, [['worker-1', 'trains latent 8, noise 0.3', '0.1']], plainLook(36))).toEqual([
    '  worker     does               loss',
    '  worker-1   trains latent 8…    0.1',
  ]);
});

test('no line is wider than the terminal, colour codes not counted', () => {
  const look = { ...plainLook(20), paint: openPaint(true) };
  expect(clip(look.paint.red('0123456789'), look)).toBe('\u001B[31m0123456789\u001B[39m');
  const lines = tableLines(columns, [['worker-with-a-long-name', 'trains', '0.1']], plainLook(20));
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(20);
});

test('prose is broken between words', () => {
  expect(paragraph('lower is better; n: seeds', plainLook(20))).toEqual(['  lower is better;', '  n: seeds']);
});

test.each([
  [0, '░░░░░░░░░░'],
  [0.5, '█████░░░░░'],
  [0.999, '█████████░'],
  [1, '██████████'],
  [7, '██████████'],
])('a bar at %d is full only at the end', (fraction, bar) => expect(progressBar(fraction, 10, true)).toBe(bar));

test('a terminal without block characters gets ASCII', () => expect(progressBar(0.5, 10, false)).toBe('#####-----'));
