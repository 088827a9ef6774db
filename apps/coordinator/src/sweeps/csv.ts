import type { ExportRow } from '@gradpool/protocol';

const columns: readonly (keyof ExportRow)[] = [
  'seed',
  'testMse',
  'claimedTestMse',
  'validationMse',
  'specHash',
  'codeVersion',
  'dataset',
  'weightsSha256',
  'worker',
  'verifiedBy',
  'backend',
  'numericClass',
  'bitExact',
  'durationMs',
  'attempts',
];

/** RFC 4180: one line per verified trial; each swept parameter has a column of its own, after the sweep's name. */
export function toCsv(rows: readonly ExportRow[]): string {
  const parameters = [...new Set(rows.flatMap((row) => Object.keys(row.parameters)))];
  const lines = rows.map((row) => [
    row.sweep,
    ...parameters.map((name) => row.parameters[name] ?? null),
    ...columns.map((column) => row[column]),
  ]);
  return [['sweep', ...parameters, ...columns], ...lines].map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

function field(value: unknown): string {
  const text = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet takes these first characters for a formula.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
