import { z } from 'zod';
import type { Json } from './canonical-json.ts';
import { metricNames, metrics, type MetricName } from './metrics.ts';
import { sweepLimits } from './sweep-limits.ts';
import { earlyTerminate, type EarlyTerminate } from './early-terminate.ts';
import { parameterNames } from './parameter-names.ts';
import { pooledSpec, type PooledSpec } from './pooled-spec.ts';
import { trialSpec } from './trial-spec.ts';

const distributions = ['uniform', 'int_uniform', 'log_uniform_values', 'q_uniform', 'q_log_uniform_values'] as const;
export type Distribution = (typeof distributions)[number];

/** Whether draws are rounded to multiples of `q`. */
export const isQuantised = (distribution: Distribution): boolean => distribution.startsWith('q_');

/** What one parameter takes: one value, a list of values, or (methods random and sobol) draws between two bounds. */
export type ParameterSpec =
  | { readonly value: Json }
  | { readonly values: readonly Json[] }
  | {
      readonly distribution: Distribution;
      readonly min: number;
      readonly max: number;
      readonly q?: number | undefined;
    };

/** A sweep file as read, with its own defaults filled in (those of the parameters are filled in by the plan). */
export interface SweepSpec {
  readonly name: string;
  readonly method: 'grid' | 'random' | 'sobol';
  readonly metric: { readonly name: MetricName; readonly goal: 'minimize' | 'maximize' };
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  readonly seeds: { readonly count: number; readonly base: number };
  readonly run_cap?: number | undefined;
  readonly retry: number;
  readonly early_terminate?: EarlyTerminate | undefined;
  readonly pooled?: PooledSpec | undefined;
  /** Absent: every trial is pooled where `pooled` is there. */
  readonly placement?: 'auto' | undefined;
  readonly placement_workers?: number | undefined;
}

const meanings = metricNames.map((name) => `${name}: ${metrics[name].meaning}`).join('; ');

const uuidLike = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The shape of a sweep file. Rules beyond one field's own are in read-sweep.ts; SPEC.md lists them all. */
export const sweepSpec = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name is 1 to 64 letters, digits, dots, hyphens or underscores')
    .refine((name) => !uuidLike.test(name), 'a name must not look like an id')
    .describe('Name of the sweep; also how the command line and the HTTP API find it'),
  method: z
    .enum(['grid', 'random', 'sobol'])
    .default('grid')
    .describe(
      'grid: every combination of the values; random: run_cap seeded draws; sobol: run_cap draws that are spread evenly',
    ),
  metric: z
    .strictObject({
      name: z
        .enum(metricNames)
        .optional()
        .describe(`What trials are ranked by, verified; the task says which by default. ${meanings}`),
      goal: z.enum(['minimize', 'maximize']).optional().describe("By default the metric's own"),
    })
    .optional(),
  parameters: z
    .strictObject(Object.fromEntries(parameterNames.map((name) => [name, z.optional(parameterSchema(name))])))
    .describe('What each cell of the sweep sets; whatever is left out keeps its default'),
  seeds: z
    .strictObject({
      count: z.int().min(1).max(sweepLimits.seedsMax).default(1).describe('Trials of each cell'),
      base: z.int().min(0).max(0xffff_ffff).default(0).describe('First seed; the others follow it'),
    })
    .default({ count: 1, base: 0 }),
  run_cap: z
    .int()
    .min(1)
    .max(sweepLimits.cellsMax)
    .optional()
    .describe('Most cells to run; random and sobol sweeps need it, a grid stops after that many'),
  retry: z
    .int()
    .min(0)
    .max(sweepLimits.retryMax)
    .default(2)
    .describe('How often a trial that ended in an error is tried again before it counts as failed'),
  early_terminate: earlyTerminate.optional(),
  pooled: pooledSpec.optional(),
  placement: z
    .literal('auto')
    .optional()
    .describe(
      'auto: of the cells, those that would keep one worker for long are trained as `pooled` says, the others by one worker each; without it all are pooled',
    ),
  placement_workers: z
    .int()
    .min(2)
    .max(10_000)
    .optional()
    .describe('Workers that placement: auto reckons with (4), whoever is there'),
});

/** Schema of one value of a parameter, without its default. */
function valueSchema(name: string): z.ZodType {
  const schema = keySchema(name);
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
}

/** Whether a parameter takes whole numbers only. */
export function isWholeNumber(name: string): boolean {
  const schema = valueSchema(name);
  return schema instanceof z.ZodNumber && schema.format === 'safeint';
}

/** The ways to give a parameter, by the key that tells them apart. Only numbers can be drawn. */
export function parameterForms(name: string): { value: z.ZodType; values: z.ZodType; drawn: z.ZodType | null } {
  const value = valueSchema(name);
  const bounds = { min: value, max: value };
  const drawn =
    value instanceof z.ZodNumber
      ? z.strictObject({ distribution: z.enum(distributions), ...bounds, q: z.number().positive().optional() })
      : null;
  const values = z.array(value).min(1).max(sweepLimits.valuesPerParameterMax);
  return { value: z.strictObject({ value }), values: z.strictObject({ values }), drawn };
}

function parameterSchema(name: string): z.ZodType {
  const { value, values, drawn } = parameterForms(name);
  const key = keySchema(name);
  const initial = key instanceof z.ZodDefault ? ` (default ${JSON.stringify(key.def.defaultValue)})` : '';
  return z.union(drawn === null ? [value, values] : [value, values, drawn]).describe(`${key.description}${initial}`);
}

function keySchema(name: string): z.ZodType {
  const shape: Readonly<Record<string, z.ZodType>> = trialSpec.shape;
  const schema = shape[name];
  if (schema === undefined) throw new RangeError(`No parameter is called ${name}`);
  return schema;
}
