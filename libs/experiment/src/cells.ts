import { fillUniforms, type RandomKey, streamOf } from '@gradpool/tensors';
import { canonicalJson, type Json } from './canonical-json.ts';
import { sweepLimits } from './sweep-limits.ts';
import { sobolCoordinate, sobolDirections } from './sobol.ts';
import { parameterNames } from './parameter-names.ts';
import { isWholeNumber, type ParameterSpec, type SweepSpec } from './sweep-spec.ts';

/** Values of one cell, for the parameters that the sweep names, in the order of a trial's spec. */
export type CellParameters = Readonly<Record<string, Json>>;

type Given = readonly (readonly [name: string, spec: ParameterSpec])[];

/** How many cells the sweep has. Draws from a narrow space may find a few less. */
export function cellCount(sweep: SweepSpec): number {
  const space = given(sweep).reduce((product, [name, spec]) => product * choices(name, spec), 1);
  return Math.min(sweep.run_cap ?? Infinity, space);
}

/**
 * The cells in the sweep's own order, which depends on no key order in the file: parameters in the order of a trial's
 * spec, the last varying fastest, values in the order given; random and sobol sweeps in the order drawn. No cell comes twice.
 */
export function sweepCells(sweep: SweepSpec): CellParameters[] {
  return sweep.method === 'grid' ? gridCells(sweep) : drawnCells(sweep);
}

/** Whether run_cap cuts the grid off, so that the order of the values decides which cells are run. */
export function isCut(sweep: SweepSpec): boolean {
  const { run_cap: runCap, ...whole } = sweep;
  return runCap !== undefined && cellCount(whole) > runCap;
}

function gridCells(sweep: SweepSpec): CellParameters[] {
  const parameters = given(sweep).map(([name, spec]) => ({ name, values: valuesOf(spec) }));
  return Array.from({ length: cellCount(sweep) }, (_, index) => {
    let rest = index;
    const chosen = parameters.toReversed().map(({ name, values }): [string, Json] => {
      const value = values[rest % values.length] ?? null;
      rest = Math.floor(rest / values.length);
      return [name, value];
    });
    return Object.fromEntries(chosen.reverse());
  });
}

/** Draw i of a parameter depends on (seeds.base, its name and, for sobol, its dimension, i) alone, so a higher run_cap only adds cells at the end. */
function drawnCells(sweep: SweepSpec): CellParameters[] {
  const wanted = cellCount(sweep);
  const cells = new Map<string, CellParameters>();
  const parameters = drawnParameters(sweep);
  let lastNew = 0;
  for (let draw = 0; cells.size < wanted && draw - lastNew <= sweepLimits.repeatedDrawsPerCellMax * wanted; draw += 1) {
    const cell = Object.fromEntries(parameters.map(({ name, spec, at }) => [name, drawValue(name, spec, at(draw))]));
    const text = canonicalJson(cell);
    if (cells.has(text)) continue;
    cells.set(text, cell);
    lastNew = draw;
  }
  return [...cells.values()];
}

interface DrawnParameter {
  readonly name: string;
  readonly spec: ParameterSpec;
  /** Draw i, in [0, 1). */
  readonly at: (draw: number) => number;
}

/** A Sobol sequence has a dimension for each parameter that varies, in the order of a trial's spec: the first ones are spread best. */
function drawnParameters(sweep: SweepSpec): DrawnParameter[] {
  let dimension = 0;
  return given(sweep).map(([name, spec]) => {
    const key = drawKey(sweep, name);
    if (sweep.method !== 'sobol' || choices(name, spec) === 1) return { name, spec, at: (draw) => uniform(key, draw) };
    const at = shiftedSobol(dimension, key);
    dimension += 1;
    return { name, spec, at };
  });
}

/** A digital shift (xor with 32 random bits of the parameter's own) keeps the points as evenly spread, and makes them depend on the seed. */
function shiftedSobol(dimension: number, key: RandomKey): (draw: number) => number {
  const directions = sobolDirections(dimension);
  const shift = Math.floor(uniform(key, 0) * 2 ** 32);
  return (draw) => ((sobolCoordinate(directions, draw) ^ shift) >>> 0) / 2 ** 32;
}

function drawValue(name: string, spec: ParameterSpec, u: number): Json {
  if (!('distribution' in spec)) {
    const values = valuesOf(spec);
    return values[Math.floor(u * values.length)] ?? null;
  }
  const { distribution, min, max, q } = spec;
  if (distribution === 'int_uniform') return min + Math.floor(u * (max - min + 1));
  const value = distribution.includes('log_uniform') ? min * (max / min) ** u : min + u * (max - min);
  if (q !== undefined)
    return sixDigits(q * withinBounds(Math.round(value / q), Math.ceil(min / q), Math.floor(max / q)));
  return withinBounds(isWholeNumber(name) ? Math.round(value) : sixDigits(value), min, max);
}

/** Six digits are enough for a hyperparameter, and hide the last bits of `**`, in which engines may differ. */
function sixDigits(value: number): number {
  return Number(value.toPrecision(6));
}

function withinBounds(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

function drawKey(sweep: SweepSpec, name: string): RandomKey {
  return { seed: sweep.seeds.base, stream: streamOf('sweep', name) };
}

/** A double in [0, 1) with 48 random bits: enough for any whole number that a spec takes. */
function uniform(key: RandomKey, draw: number): number {
  const pair = new Float32Array(2);
  fillUniforms(pair, key, 2 * draw);
  return (pair[0] ?? 0) + (pair[1] ?? 0) / 0x100_0000;
}

/** Number of different values that a parameter can take. */
function choices(name: string, spec: ParameterSpec): number {
  if (!('distribution' in spec)) return valuesOf(spec).length;
  if (spec.q !== undefined) return Math.floor(spec.max / spec.q) - Math.ceil(spec.min / spec.q) + 1;
  const whole = spec.distribution === 'int_uniform' || isWholeNumber(name);
  return whole ? spec.max - spec.min + 1 : spec.min === spec.max ? 1 : Infinity;
}

function given(sweep: SweepSpec): Given {
  return parameterNames.flatMap((name) => {
    const spec = sweep.parameters[name];
    return spec === undefined ? [] : [[name, spec] as const];
  });
}

function valuesOf(spec: ParameterSpec): readonly Json[] {
  if ('values' in spec) return spec.values;
  return 'value' in spec ? [spec.value] : [];
}
