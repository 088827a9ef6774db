import { stripVTControlCharacters } from 'node:util';
import cliTruncate from 'cli-truncate';
import Table from 'cli-table3';
import type { Look } from './paint.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Cut first where the table is too wide. */
  readonly flexible?: true;
}

const gap = '   ';
const indent = '  ';
const flexibleCharsMin = 8;

/** Cuts a line to the terminal, colour codes left whole. */
export const clip = (line: string, look: Look): string => cut(line, look.columns, look);

const cut = (text: string, columns: number, { unicode }: Look): string =>
  cliTruncate(text, columns, { truncationCharacter: unicode ? '…' : '~' });

/** Characters that a text takes on a terminal, its widest line counting. */
const widthOf = (text: string): number =>
  Math.max(...text.split('\n').map((line) => stripVTControlCharacters(line).length));

export const widest = (lines: readonly string[]): number => Math.max(0, ...lines.map(widthOf));

/** Prose in lines no wider than the terminal, indented by two. */
export function paragraph(text: string, { columns }: Look): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}

const noLines = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: gap,
} as const;

/** A table without boxes: a quiet head row, then one line per row, columns three spaces apart, indented by two. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], look: Look): string[] {
  const table = new Table({
    chars: { ...noLines },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: columns.map(({ align }) => align ?? 'left'),
    head: columns.map(({ title }) => look.paint.dim(title)),
  });
  for (const row of fitted(columns, rows, look)) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => clip(`${indent}${line}`.trimEnd(), look));
}

/** The rows with the flexible column cut so far that the whole table fits, where that is possible. */
function fitted(columns: readonly Column[], rows: readonly (readonly string[])[], look: Look): (readonly string[])[] {
  const widths = columns.map(({ title }, place) =>
    Math.max(title.length, ...rows.map((row) => widthOf(row[place] ?? ''))),
  );
  const total = indent.length + widths.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1);
  const place = columns.findIndex(({ flexible }) => flexible);
  const excess = total - look.columns;
  if (place < 0 || excess <= 0) return [...rows];
  const room = Math.max(flexibleCharsMin, (widths[place] ?? 0) - excess);
  return rows.map((row) => row.map((text, at) => (at === place ? cut(text, room, look) : text)));
}
