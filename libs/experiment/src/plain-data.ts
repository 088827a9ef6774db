import type { Path } from './sweep-refusal.ts';

/** The value as a map of unknown values, or null when it is anything else. */
export function asMap(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

/** What stands at a path of plain data; undefined where nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((held, part) => {
    return typeof held === 'object' && held !== null && Object.hasOwn(held, part)
      ? (held as Record<string | number, unknown>)[part]
      : undefined;
  }, value);
}

/** A value as it stands in a message, cut to a length that a terminal line bears. */
export function show(value: unknown): string {
  const text = typeof value === 'string' || (typeof value === 'object' && value !== null) ? json(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // A YAML alias can make a list that holds itself.
    return 'something that is no plain data';
  }
}
