import { closest, distance } from 'fastest-levenshtein';

/** The known name most like `name`, or null when none is alike enough to be what was meant. */
export function nearestName(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const lower = name.slice(0, 64).toLowerCase();
  const found = closest(lower, known);
  return distance(lower, found) <= Math.max(2, Math.floor(found.length / 2)) ? found : null;
}
