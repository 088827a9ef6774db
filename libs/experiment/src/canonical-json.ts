export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON with sorted keys and no white space: equal values give equal text, so its SHA-256 names the value.
 * Keys whose value is undefined are left out. Throws TypeError for what JSON cannot hold (NaN, functions, ...).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const pairs = Object.entries(value)
      .filter(([, held]) => held !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, held]) => `${JSON.stringify(key)}:${canonicalJson(held)}`);
    return `{${pairs.join(',')}}`;
  }
  const seen = typeof value === 'number' ? String(value) : `A ${typeof value}`;
  throw new TypeError(`${seen} has no place in canonical JSON; use finite numbers, text, lists and maps`);
}
