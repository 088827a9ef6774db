import { parameterNames } from '@gradpool/experiment';
import type { SpecJson, SweepView } from '@gradpool/protocol';

export type Value = SpecJson[string];

/** A value for people: a list of sizes reads `512-256`; one that a cell does not set reads `default`. */
export function valueText(value: Value | undefined): string {
  if (value === undefined) return 'default';
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(valueText).join('-') : JSON.stringify(value);
}

/** A value as a key of maps and of addresses: its JSON. */
export const valueKey = (value: Value | undefined): string => JSON.stringify(value ?? null);

/** Numbers by size, everything else by its text. */
export function compareValues(a: Value | undefined, b: Value | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return valueText(a).localeCompare(valueText(b), 'en', { numeric: true });
}

/** `latent 8, noise 0.3`, for the parameters named. */
export const labelOf = (parameters: SpecJson, names: readonly string[]): string =>
  names.map((name) => `${wordsOf(name)} ${valueText(parameters[name])}`).join(', ');

/** `learning_rate` for people. */
export const wordsOf = (name: string): string => name.replaceAll('_', ' ');

/** Names of parameters in the order of a trial's spec, which no database keeps. */
export const inOrder = (names: readonly string[]): string[] =>
  [...names].sort((a, b) => parameterNames.indexOf(a) - parameterNames.indexOf(b));

/** Parameters that differ between cells of the sweep, in the order of a trial's spec. */
export function sweptNames({ spec }: Pick<SweepView, 'spec'>): string[] {
  const given = asMap(spec['parameters']);
  return parameterNames.filter((name) => {
    const { values, distribution } = asMap(given[name]);
    return distribution !== undefined || (Array.isArray(values) && values.length > 1);
  });
}

/** Values that the sweep's file lists for a parameter; none where it draws them. */
export function listedValues({ spec }: Pick<SweepView, 'spec'>, name: string): readonly Value[] {
  const { value, values } = asMap(asMap(spec['parameters'])[name]);
  if (Array.isArray(values)) return values;
  return value === undefined ? [] : [value];
}

function asMap(value: Value | undefined): Readonly<Record<string, Value>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
