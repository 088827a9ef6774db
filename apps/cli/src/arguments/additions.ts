import { InvalidArgumentError } from 'commander';

/** Values to add to a sweep, by parameter. */
export type Additions = Readonly<Record<string, readonly JsonValue[]>>;
type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** `latent=4,16` -> {latent: [4, 16]}; a value that is no JSON is a text, and `hidden=[64,32]` one list. */
export function readAddition(text: string, before: Additions): Additions {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals)).trim();
  const list = text.slice(equals + 1).trim();
  if (equals < 1 || name === '' || list === '') {
    throw new InvalidArgumentError('Expected a name and values, such as latent=4,16.');
  }
  return { ...before, [name]: [...(before[name] ?? []), ...readValues(list)] };
}

function readValues(list: string): JsonValue[] {
  const whole = asJson(`[${list}]`);
  if (Array.isArray(whole)) return whole;
  return list.split(',').map((part) => asJson(part) ?? part.trim());
}

function asJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
