import { z } from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { cellCount } from './cells.ts';
import { nearestName } from './nearest-name.ts';
import { sweepLimits } from './sweep-limits.ts';
import { type Locate, type Path, refuse, type SweepRefusal, type SweepResult } from './sweep-refusal.ts';
import {
  isWholeNumber,
  parameterForms,
  parameterNames,
  type ParameterSpec,
  sweepSpec,
  type SweepSpec,
} from './sweep-spec.ts';

type Issue = z.core.$ZodIssue;

/** Reads a sweep from plain data (the HTTP API's `spec`). Never throws. `locate` adds line numbers where there are any. */
export function readSweep(value: unknown, locate: Locate = () => ''): SweepResult {
  const plain = asMap(value);
  if (plain === null) {
    return refuse(
      'E_SWEEP_VALUE',
      `${locate([])}A sweep is a map with name, method, parameters and so on, not ${show(value)}`,
    );
  }
  const read = sweepSpec.safeParse(withImpliedDistributions(plain));
  if (!read.success) return refusalOf(plain, read.error.issues, locate);
  const { run_cap: runCap, ...rest } = read.data;
  const sweep = { ...rest, ...(runCap === undefined ? {} : { run_cap: runCap }) } as SweepSpec;
  return checkWhole(sweep, locate) ?? { ok: true, sweep };
}

/** `{min, max}` alone means int_uniform between whole numbers and uniform otherwise, as in W&B. */
function withImpliedDistributions(sweep: Record<string, unknown>): unknown {
  const parameters = asMap(sweep['parameters']);
  if (parameters === null) return sweep;
  const entries = Object.entries(parameters).map(([name, given]): [string, unknown] => {
    const map = asMap(given);
    if (map === null || !('min' in map && 'max' in map) || 'distribution' in map) return [name, given];
    const whole = Number.isInteger(map['min']) && Number.isInteger(map['max']);
    return [name, { distribution: whole ? 'int_uniform' : 'uniform', ...map }];
  });
  return { ...sweep, parameters: Object.fromEntries(entries) };
}

/** The first issue as a refusal. Unknown keys come first: a typo is the likeliest cause of whatever else is wrong. */
function refusalOf(sweep: Record<string, unknown>, issues: readonly Issue[], locate: Locate): SweepRefusal {
  const flat = issues.flatMap((issue) => withoutUnion(sweep, issue));
  const issue = flat.find(({ code }) => code === 'unrecognized_keys') ?? flat[0];
  if (issue === undefined) return refuse('E_SWEEP_VALUE', 'The sweep is not valid');
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') return unknownKey(path, issue.keys[0] ?? '', locate);
  const seen = valueAt(sweep, path);
  const place = path.join('.') || 'the sweep';
  if (seen === undefined)
    return refuse('E_SWEEP_MISSING', `${locate(path)}${place} is missing; ${lowerFirst(issue.message)}`);
  return refuse('E_SWEEP_VALUE', `${locate(path)}${place} is ${show(seen)}: ${lowerFirst(issue.message)}`);
}

/** A union fails as a whole; the keys present tell which form was meant, and that form's own issues say what is wrong. */
function withoutUnion(sweep: Record<string, unknown>, issue: Issue): Issue[] {
  const name = issue.path[1];
  if (issue.code !== 'invalid_union' || issue.path[0] !== 'parameters' || typeof name !== 'string') return [issue];
  const given = asMap(valueAt(withImpliedDistributions(sweep), ['parameters', name]));
  const hint = `give {value: ...}, {values: [...]} or {distribution, min, max}`;
  if (given === null) return [{ code: 'custom', path: issue.path, message: hint, input: undefined }];
  const forms = parameterForms(name);
  const isDrawn = 'distribution' in given || 'min' in given || 'max' in given;
  if (isDrawn && forms.drawn === null) {
    const message = `${name} is no number, so it cannot be drawn between bounds; give {values: [...]}`;
    return [{ code: 'custom', path: issue.path, message, input: undefined }];
  }
  const form = 'values' in given ? forms.values : 'value' in given ? forms.value : isDrawn ? forms.drawn : null;
  if (form === null || countForms(given) > 1) {
    const known = ['value', 'values', 'distribution', 'min', 'max'];
    const unknown = Object.keys(given).filter((key) => !known.includes(key));
    if (unknown.length > 0)
      return [{ code: 'unrecognized_keys', keys: unknown, path: issue.path, message: '', input: given }];
    return [{ code: 'custom', path: issue.path, message: hint, input: undefined }];
  }
  const read = form.safeParse(given);
  return read.success
    ? [issue]
    : read.error.issues.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function countForms(given: Record<string, unknown>): number {
  return [['value'], ['values'], ['distribution', 'min', 'max']].filter((keys) => keys.some((key) => key in given))
    .length;
}

const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(sweepSpec.shape),
  metric: ['name', 'goal'],
  seeds: ['count', 'base'],
};

function unknownKey(path: Path, key: string, locate: Locate): SweepRefusal {
  const where = path.join('.');
  const line = locate([...path, key]);
  const shown = show(key);
  if (where === 'parameters') {
    const hint = key === 'seed' ? 'seeds are given by seeds: {count, base}' : suggestion(key, parameterNames);
    return refuse('E_SWEEP_UNKNOWN_PARAMETER', `${line}no parameter is called ${shown}; ${hint}`);
  }
  const known = knownKeys[where] ?? ['value', 'values', 'distribution', 'min', 'max'];
  const inside = where === '' ? 'a sweep' : where;
  return refuse('E_SWEEP_UNKNOWN_KEY', `${line}${inside} has no key ${shown}; ${suggestion(key, known)}`);
}

function suggestion(key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  return nearest === null ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
}

/** Rules that no single field can check. */
function checkWhole(sweep: SweepSpec, locate: Locate): SweepRefusal | null {
  for (const [name, given] of Object.entries(sweep.parameters)) {
    const refusal = checkParameter(sweep, name, given, locate);
    if (refusal !== null) return refusal;
  }
  if (sweep.parameters['latent'] === undefined) {
    const message =
      'parameters.latent is missing; give the sizes of the code, for example latent: {values: [2, 8, 32]}';
    return refuse('E_SWEEP_MISSING', `${locate(['parameters'])}${message}`);
  }
  if (sweep.method === 'random' && sweep.run_cap === undefined) {
    return refuse('E_SWEEP_RUN_CAP', `${locate(['method'])}a random sweep needs run_cap, the number of cells to draw`);
  }
  if (sweep.seeds.base + sweep.seeds.count - 1 > 0xffff_ffff) {
    return refuse('E_SWEEP_VALUE', `${locate(['seeds', 'base'])}seeds.base + seeds.count goes beyond 4294967295`);
  }
  const cells = cellCount(sweep);
  const trials = cells * sweep.seeds.count;
  if (cells > sweepLimits.cellsMax || trials > sweepLimits.trialsMax) {
    const most = `at most ${sweepLimits.cellsMax} cells and ${sweepLimits.trialsMax} trials are planned at once`;
    return refuse('E_SWEEP_TOO_LARGE', `The sweep has ${cells} cells and ${trials} trials; ${most}; set run_cap`);
  }
  return null;
}

function checkParameter(sweep: SweepSpec, name: string, given: ParameterSpec, locate: Locate): SweepRefusal | null {
  const path = ['parameters', name];
  if ('values' in given) {
    const seen = new Set<string>();
    for (const [i, value] of given.values.entries()) {
      const text = canonicalJson(value);
      if (seen.has(text)) {
        return refuse(
          'E_SWEEP_DUPLICATE_VALUE',
          `${locate([...path, 'values', i])}parameters.${name}.values has ${text} twice`,
        );
      }
      seen.add(text);
    }
    if (name === 'dataset' && given.values.length > 1) {
      return refuse('E_SWEEP_DATASET', `${locate(path)}a sweep runs on one data set; write one sweep file for each`);
    }
  }
  if (!('distribution' in given)) return null;
  if (sweep.method === 'grid') {
    const message = `a grid needs values, parameters.${name} has a distribution; set method: random, or give values`;
    return refuse('E_SWEEP_METHOD', `${locate(path)}${message}`);
  }
  return checkBounds(name, given, locate);
}

function checkBounds(
  name: string,
  given: Extract<ParameterSpec, { readonly min: number }>,
  locate: Locate,
): SweepRefusal | null {
  const path = ['parameters', name];
  const { distribution, min, max } = given;
  const bad = (message: string) => refuse('E_SWEEP_VALUE', `${locate(path)}parameters.${name}: ${message}`);
  if (min > max) return bad(`min ${min} is above max ${max}`);
  if (distribution === 'log_uniform_values' && min <= 0) return bad(`log_uniform_values needs min above 0, not ${min}`);
  if (distribution === 'int_uniform' && !(Number.isInteger(min) && Number.isInteger(max))) {
    return bad(`int_uniform needs whole bounds, not ${min} and ${max}`);
  }
  if (distribution === 'uniform' && isWholeNumber(name)) return bad('it takes whole numbers only; use int_uniform');
  return null;
}

function asMap(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((held, part) => {
    return typeof held === 'object' && held !== null && Object.hasOwn(held, part)
      ? (held as Record<string | number, unknown>)[part]
      : undefined;
  }, value);
}

/** The value seen, short enough for a message. */
function show(value: unknown): string {
  const text = typeof value === 'string' || (typeof value === 'object' && value !== null) ? json(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'something that is no plain data';
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
