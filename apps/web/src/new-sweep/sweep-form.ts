import { parameterNames, trialSpec } from '@gradpool/experiment';
import { Document, isCollection, isMap, isNode, parseDocument } from 'yaml';
import { z } from 'zod';
import { valueText, type Value } from '../app/parameters.ts';

/** What the form shows of a sweep file. Values stand as texts: `8`, `0.3`, `512-256`. */
export interface SweepForm {
  readonly name: string;
  readonly seeds: number;
  /** Values of each parameter that the file gives as values. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Parameters that the file draws between bounds: the form shows them, and the text alone changes them. */
  readonly drawn: ReadonlyMap<string, string>;
}

type FieldKind =
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  /** `list` values are sizes joined by hyphens. */
  | { readonly kind: 'number' | 'list' };

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly description: string;
  /** What holds where the file does not name it; null for the one parameter that has to be given. */
  readonly standard: string | null;
}

/** Every parameter of a sweep file, in the order of a trial's spec. */
export const sweepFields: readonly Field[] = parameterNames.map((name): Field => {
  const schema = (trialSpec.shape as Readonly<Record<string, z.ZodType>>)[name];
  const bare = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  const standard = schema instanceof z.ZodDefault ? valueText(schema.def.defaultValue as Value) : null;
  const optional = schema instanceof z.ZodOptional ? 'all' : null;
  return { name, kind: kindOf(bare), description: schema?.description ?? '', standard: standard ?? optional };
});

function kindOf(schema: unknown): FieldKind {
  if (schema instanceof z.ZodEnum) return { kind: 'choice', options: schema.options.map(String) };
  // Names of data sets, which the coordinator knows.
  if (schema instanceof z.ZodString) return { kind: 'choice', options: [] };
  return { kind: schema instanceof z.ZodArray ? 'list' : 'number' };
}

/** The form of a text, or null where the text is no YAML map: the form then waits. */
export function readForm(text: string): SweepForm | null {
  const document = readable(text);
  if (document === null) return null;
  const file = asMap(document.toJS({ maxAliasCount: 50 }));
  const given = Object.entries(asMap(file['parameters']));
  const seeds = asMap(file['seeds'])['count'];
  return {
    name: typeof file['name'] === 'string' ? file['name'] : '',
    seeds: typeof seeds === 'number' ? seeds : 1,
    values: new Map(given.flatMap(([name, form]) => wrapped(name, valuesOf(form)?.map(valueText)))),
    drawn: new Map(given.flatMap(([name, form]) => wrapped(name, drawnText(asMap(form))))),
  };
}

const wrapped = <T>(name: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[name, value]]);

function valuesOf(form: unknown): Value[] | undefined {
  const { value, values } = asMap(form);
  if (Array.isArray(values)) return values as Value[];
  return value === undefined ? undefined : [value as Value];
}

function drawnText({ distribution, min, max }: Readonly<Record<string, unknown>>): string | undefined {
  if (min === undefined && max === undefined) return undefined;
  return `${typeof distribution === 'string' ? distribution : 'drawn'} between ${String(min)} and ${String(max)}`;
}

/** The text with another name. Comments and whatever the form does not know stay. Texts that cannot be read stay whole. */
export const withName = (text: string, name: string): string => edited(text, (file) => file.set('name', name));

export const withSeeds = (text: string, count: number): string =>
  edited(text, (file) => file.setIn(['seeds', 'count'], count));

/** The text with these values of a parameter, given as texts; with none, the parameter goes back to its default. */
export function withValues(text: string, field: Field, texts: readonly string[]): string {
  return edited(text, (file) => {
    if (!isMap(file.get('parameters'))) file.set('parameters', file.createNode({}));
    const path = ['parameters', field.name];
    const values = texts.map((value) => readValue(field.kind, value));
    if (values.length === 0) return void file.deleteIn(path);
    const before = file.getIn(path, true);
    const after = file.createNode(values.length === 1 ? { value: values[0] } : { values }, { flow: true });
    if (isNode(before)) after.comment = before.comment ?? null;
    file.setIn(path, after);
  });
}

/** What cannot be read stays text: the sweep's own check then says what is wrong with it. */
function readValue({ kind }: FieldKind, text: string): Value {
  if (kind === 'choice') return text;
  if (kind === 'number') return numberOf(text);
  return text === '' ? [] : text.split('-').map(numberOf);
}

const numberOf = (text: string): number | string => {
  const number = Number(text);
  return text.trim() !== '' && Number.isFinite(number) ? number : text;
};

const layout = { flowCollectionPadding: false, lineWidth: 0 } as const;

function edited(text: string, change: (file: Document) => void): string {
  const document = readable(text);
  if (document === null) return text;
  change(document);
  return document.toString(layout);
}

function readable(text: string): Document | null {
  const document = parseDocument(text);
  return document.errors.length === 0 && isMap(document.contents) ? document : null;
}

const asMap = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** A stored sweep's file, to start a new one from. */
export function textOf(spec: unknown): string {
  const file = new Document(spec);
  const parameters = file.get('parameters');
  if (isMap(parameters)) for (const { value } of parameters.items) if (isCollection(value)) value.flow = true;
  return file.toString(layout);
}

/** The quick look at latent size against noise: what an empty form starts with. */
export const startText = `# Latent size x noise factor: each pair is trained with three seeds.
name: my-sweep
parameters:
  latent: {values: [2, 8, 32]}
  noise: {values: [0, 0.3, 0.9]}
  epochs: {value: 5}
seeds:
  count: 3
`;
