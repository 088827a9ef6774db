/**
 * JSON that Postgres takes whatever a worker wrote into a name or an error text: NUL and half surrogate pairs, which
 * neither its text nor its jsonb can hold, become U+FFFD.
 */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value);
  return suspicious.test(text) ? JSON.stringify(cleanValue(value)) : text;
}

/** The same for one string. */
export function safeText(text: string): string {
  return Buffer.from(text.replaceAll('\0', '\ufffd')).toString();
}

/** JSON.stringify escapes exactly these; an escaped backslash before `u` costs a needless cleaning, no more. */
const suspicious = /\\u(?:0000|d[89a-f])/i;

function cleanValue(value: unknown): unknown {
  if (typeof value === 'string') return safeText(value);
  if (Array.isArray(value)) return value.map(cleanValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [safeText(key), cleanValue(part)]));
}
