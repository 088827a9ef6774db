import type { z } from 'zod';
import { earlyTerminate } from './early-terminate.ts';
import { nearestName } from './nearest-name.ts';
import { asMap, show, valueAt } from './plain-data.ts';
import { type Locate, type Path, refuse, type SweepRefusal } from './sweep-refusal.ts';
import { pooledKeys } from './pooled-spec.ts';
import { parameterNames } from './parameter-names.ts';
import { parameterForms, sweepSpec } from './sweep-spec.ts';

type Issue = z.core.$ZodIssue;

const formKeys = [['value'], ['values'], ['distribution', 'min', 'max', 'q']] as const;
const parameterKeys: readonly string[] = formKeys.flat();
const formHint = 'give {value: ...}, {values: [...]} or {distribution, min, max}';

/** What the schema found wrong, as one refusal. Unknown keys come first: a typo is the likeliest cause of all else. */
export function refusalOf(sweep: Record<string, unknown>, issues: readonly Issue[], locate: Locate): SweepRefusal {
  const flat = issues.flatMap((issue) => withoutUnion(sweep, issue));
  const issue = flat.find(({ code }) => code === 'unrecognized_keys') ?? flat[0];
  if (issue === undefined) return refuse('E_SWEEP_VALUE', 'The sweep is not valid');
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') return unknownKey(sweep, path, issue.keys[0] ?? '', locate);
  const seen = valueAt(sweep, path);
  const place = path.join('.');
  if (seen === undefined)
    return refuse('E_SWEEP_MISSING', `${locate(path)}${place} is missing; ${reasonOf(issue, seen)}`);
  return refuse('E_SWEEP_VALUE', `${locate(path)}${place} is ${show(seen)}; ${reasonOf(issue, seen)}`);
}

/** A union fails as a whole; the keys present tell which form was meant, and that form's own issues say what is wrong. */
function withoutUnion(sweep: Record<string, unknown>, issue: Issue): Issue[] {
  const name = issue.path[1];
  if (issue.code !== 'invalid_union' || issue.path[0] !== 'parameters' || typeof name !== 'string') return [issue];
  const custom = (message: string): Issue[] => [{ code: 'custom', path: issue.path, message, input: undefined }];
  const given = asMap(valueAt(sweep, ['parameters', name]));
  if (given === null) return custom(formHint);
  const unknown = Object.keys(given).filter((key) => !parameterKeys.includes(key));
  if (unknown.length > 0)
    return [{ code: 'unrecognized_keys', keys: unknown, path: issue.path, message: '', input: given }];
  const present = formKeys.map((keys) => keys.some((key) => Object.hasOwn(given, key)));
  if (present.filter(Boolean).length !== 1) return custom(formHint);
  const forms = parameterForms(name);
  const form = present[0] === true ? forms.value : present[1] === true ? forms.values : forms.drawn;
  if (form === null) return custom(`${name} is no number, so it cannot be drawn between bounds; give {values: [...]}`);
  const read = form.safeParse(given);
  return read.success
    ? [issue]
    : read.error.issues.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(sweepSpec.shape),
  metric: ['name', 'goal'],
  seeds: ['count', 'base'],
  early_terminate: Object.keys(earlyTerminate.shape),
};

function unknownKey(sweep: Record<string, unknown>, path: Path, key: string, locate: Locate): SweepRefusal {
  const where = path.join('.');
  const line = locate([...path, key]);
  if (where === 'parameters') {
    const hint = key === 'seed' ? 'seeds are given by seeds: {count, base}' : suggestion(key, parameterNames);
    return refuse('E_SWEEP_UNKNOWN_PARAMETER', `${line}no parameter is called ${show(key)}; ${hint}`);
  }
  const known =
    where === 'pooled' ? pooledKeys(valueAt(sweep, ['pooled', 'mode'])) : (knownKeys[where] ?? parameterKeys);
  const holder = where === '' ? 'a sweep' : where;
  return refuse('E_SWEEP_UNKNOWN_KEY', `${line}${holder} has no key ${show(key)}; ${suggestion(key, known)}`);
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === null ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
}

function reasonOf(issue: Issue, seen: unknown): string {
  if (issue.code === 'invalid_type') return `expected ${expectedNames[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small')
    return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${amount(issue.minimum, issue.origin)}`;
  if (issue.code === 'too_big')
    return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${amount(issue.maximum, issue.origin)}`;
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'mode') return 'expected exact or local';
  if (issue.code === 'invalid_union' && issue.path.includes('labels')) return 'expected a whole number or all';
  if (issue.code !== 'invalid_value') return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  const known = issue.values.map(String);
  const nearest = typeof seen === 'string' ? nearestName(seen, known) : null;
  return nearest === null ? `expected ${known.join(' or ')}` : `did you mean ${nearest}?`;
}

function amount(bound: number | bigint, origin: string): string {
  return origin === 'array' ? `${bound} in the list` : `${bound}`;
}

/** Names of the schema's types for people who write YAML. */
const expectedNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  array: 'a list',
  object: 'a map',
};
