import type { ExportRow } from '@gradpool/protocol';

/** What a sweep's rows have besides the columns of all sweeps, in order. */
export interface CsvNames {
  readonly parameters: readonly string[];
  readonly measures: readonly string[];
}

const before: readonly (keyof ExportRow)[] = ['seed', 'metric', 'score', 'claimedScore', 'validationMse'];
const after: readonly (keyof ExportRow)[] = [
  'specHash',
  'codeVersion',
  'dataset',
  'weightsSha256',
  'worker',
  'verifiedBy',
  'backend',
  'numericClass',
  'placement',
  'bitExact',
  'durationMs',
  'attempts',
];

/** RFC 4180: each swept parameter has a column of its own, after the sweep's name, and each measure one after the score. */
export const csvHead = ({ parameters, measures }: CsvNames): string =>
  line(['sweep', ...parameters, ...before, ...measures, ...after]);

/** One verified trial. */
export const csvLine = ({ parameters, measures }: CsvNames, row: ExportRow): string =>
  line([
    row.sweep,
    ...parameters.map((name) => row.parameters[name] ?? null),
    ...before.map((column) => row[column]),
    ...measures.map((name) => row.measures[name] ?? null),
    ...after.map((column) => row[column]),
  ]);

const line = (values: readonly unknown[]): string => `${values.map(field).join(',')}\r\n`;

function field(value: unknown): string {
  const text = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet takes these first characters for a formula.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
