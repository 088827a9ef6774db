import { metricOf, metricOfSpec, scoreText } from '@gradpool/experiment';
import type { SweepView } from '@gradpool/protocol';

/** Mean squared error per pixel: four decimals, two digits below a thousandth. */
export const errorText = (value: number): string => (value < 0.001 ? value.toPrecision(2) : value.toFixed(4));

/** `0.01234 ± 0.00040`, `97.31 % ± 0.12 %`; without an interval (one seed) the mean alone. */
export const meanText = (metric: string, mean: number, ci95: number | null): string =>
  ci95 === null ? scoreText(metric, mean) : `${scoreText(metric, mean)} ± ${scoreText(metric, ci95)}`;

/** A score where there is little room. */
export const shortScore = (metric: string, value: number): string =>
  metricOf(metric).form === 'error' ? errorText(value) : scoreText(metric, value);

/** What a sweep ranks by. */
export const metricOfSweep = (sweep: Pick<SweepView, 'spec'> | undefined): string =>
  metricOfSpec(sweep?.spec ?? {}).name;

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const countText = (value: number): string => whole.format(value);

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units: `980 B`, `12.3 MB`. */
export function bytesText(bytes: number): string {
  const unit = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** unit;
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${byteUnits[unit]}`;
}

export const percentText = (share: number): string => `${Math.round(100 * share)} %`;

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined(`${minutes} min`, seconds % 60, 's');
  return joined(`${countText(Math.floor(minutes / 60))} h`, minutes % 60, 'min');
}

const joined = (first: string, rest: number, unit: string): string => (rest === 0 ? first : `${first} ${rest} ${unit}`);
