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

/** RFC 4180: each swept parameter has a column of its own, after the sweep's name. */
export const csvHead = (parameters: readonly string[]): string => line(['sweep', ...parameters, ...columns]);

/** One verified trial. */
export const csvLine = (parameters: readonly string[], row: ExportRow): string =>
  line([row.sweep, ...parameters.map((name) => row.parameters[name] ?? null), ...columns.map((column) => row[column])]);

const line = (values: readonly unknown[]): string => `${values.map(field).join(',')}\r\n`;

function field(value: unknown): string {
  const text = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet takes these first characters for a formula.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
