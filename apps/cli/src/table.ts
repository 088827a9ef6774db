import cliTruncate from 'cli-truncate';
import Table from 'cli-table3';
import type { Look } from './paint.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Cuts a line to the terminal, colour codes left whole. */
export const clip = (line: string, look: Look): string =>
  cliTruncate(line, look.columns, { truncationCharacter: look.unicode ? '…' : '~' });

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '   ',
} as const;

/** A table without boxes: a quiet head row, then one line per row, columns three spaces apart, indented by two. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[], look: Look): string[] {
  const table = new Table({
    chars: { ...noLines },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: columns.map(({ align }) => align ?? 'left'),
    head: columns.map(({ title }) => look.paint.dim(title)),
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => clip(`  ${line}`.trimEnd(), look));
}
