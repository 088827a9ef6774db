/** Numbers as people read them. Every function is pure and takes plain SI or time units, named in its parameter. */

const plural = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? '' : 's'}`;

/** `8 s`, `1 min 12 s`, `2 h 5 min`, `3 days 4 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? plural(hours / 24, 'day') : `${plural(Math.floor(hours / 24), 'day')} ${hours % 24} h`;
}

/** A prediction, so rounded: `less than 10 s`, `about 40 s`, `about 3 min`, `about 2 h 10 min`. */
export function formatEstimate(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return 'less than 10 s';
  if (seconds < 90) return `about ${Math.round(seconds / 10) * 10} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${formatDuration(Math.round(seconds / 600) * 600_000)}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units: `980 B`, `12.3 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${byteUnits[unit] ?? 'TB'}`;
}

/** Whole number with thousands separated: `48,290`. */
export const formatCount = (n: number): string => Math.round(n).toLocaleString('en-US');

/** A mean squared error or loss: `0.0374`, `0.00582`, `1.2340`; `decimals` makes the figures of one table alike. */
export function formatMse(value: number, decimals?: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e4) return value.toExponential(2);
  return value.toFixed(decimals ?? mseDecimals([value]));
}

/** Decimals that show three significant digits of the smallest value: 4, or 5 where one is below 0.01. */
export const mseDecimals = (values: readonly number[]): number =>
  values.some((value) => value !== 0 && Math.abs(value) < 0.01) ? 5 : 4;

/** `1 trial`, `2 trials`, `1,200 trials`. */
export const formatPlural = (n: number, one: string, many = `${one}s`): string =>
  `${formatCount(n)} ${n === 1 ? one : many}`;
