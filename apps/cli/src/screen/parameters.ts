import { cellLabel, parameterNames } from '@gradpool/experiment';
import type { SpecJson } from '@gradpool/protocol';

interface Row {
  readonly parameters: SpecJson;
}

/** Names of the parameters that are not the same in every row, in the order of a trial's spec. */
export function varyingParameters(rows: readonly Row[]): string[] {
  const values = (name: string) => new Set(rows.map((row) => JSON.stringify(row.parameters[name])));
  return namesIn(rows).filter((name) => values(name).size > 1);
}

/** Names of the parameters that are the same in every row. */
export function fixedParameters(rows: readonly Row[]): string[] {
  const varying = varyingParameters(rows);
  return namesIn(rows).filter((name) => !varying.includes(name));
}

/** The parameters that tell rows apart; all of them where the rows are one of a kind. */
export function namingParameters(rows: readonly Row[]): string[] {
  const varying = varyingParameters(rows);
  return varying.length > 0 ? varying : fixedParameters(rows);
}

/** `latent 8, noise 0.3`: these parameters, always in the same order, whatever order a database gives them back in. */
export const parametersLabel = (parameters: SpecJson, names: readonly string[]): string =>
  cellLabel(Object.fromEntries(names.filter((name) => name in parameters).map((name) => [name, parameters[name]])));

function namesIn(rows: readonly Row[]): string[] {
  const place = (name: string) => {
    const known = parameterNames.indexOf(name);
    return known < 0 ? parameterNames.length : known;
  };
  return [...new Set(rows.flatMap((row) => Object.keys(row.parameters)))].sort(
    (a, b) => place(a) - place(b) || (a < b ? -1 : 1),
  );
}

/** What a sweep's spec gives each parameter: `latent 2, 8, 32; noise 0, 0.3, 0.9; epochs 2`. */
export function sweptText(spec: SpecJson): string {
  const { parameters } = spec;
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) return '';
  return namesIn([{ parameters }])
    .map((name) => `${name} ${valuesText(parameters[name])}`)
    .join('; ');
}

function valuesText(given: unknown): string {
  if (typeof given !== 'object' || given === null) return String(given);
  if ('values' in given && Array.isArray(given.values)) return given.values.map(valueText).join(', ');
  if ('value' in given) return valueText(given.value);
  const { distribution, min, max } = given as { distribution?: unknown; min?: unknown; max?: unknown };
  return `${String(distribution)} from ${String(min)} to ${String(max)}`;
}

const valueText = (value: unknown): string => (Array.isArray(value) ? value.join('-') : String(value));
