import { sha256Hex } from '@gradpool/tensors';
import { canonicalJson, type Json } from './canonical-json.ts';
import { isCut } from './cells.ts';
import { parameterNames } from './parameter-names.ts';
import { placementWorkers } from './placement.ts';
import type { ParameterSpec, SweepSpec } from './sweep-spec.ts';
import { trialSpec } from './trial-spec.ts';

/**
 * SHA-256 that names a sweep by what it asks for: equal for files that differ only in key order, in comments, in
 * spelling a default out, in `value: x` against `values: [x]`, or in the order of a grid's values. The data digest is
 * in it, the code version is not.
 */
export function sweepHash(sweep: SweepSpec, datasetDigest: string): string {
  const ordered = sweep.method !== 'grid' || isCut(sweep);
  const parameters = parameterNames.flatMap((name) => {
    const spec = sweep.parameters[name] ?? defaultOf(name);
    return spec === null ? [] : [[name, canonicalParameter(spec, ordered)] as const];
  });
  const workers =
    sweep.placement === undefined ? {} : { placement_workers: sweep.placement_workers ?? placementWorkers };
  const canonical = { ...sweep, ...workers, parameters: Object.fromEntries(parameters), dataset: datasetDigest };
  return sha256Hex(new TextEncoder().encode(canonicalJson(canonical)));
}

function canonicalParameter(spec: ParameterSpec, ordered: boolean): Json {
  if ('distribution' in spec) {
    const { q, ...bounds } = spec;
    return q === undefined ? bounds : { ...bounds, q };
  }
  if ('value' in spec) return { values: [spec.value] };
  return {
    values: ordered ? spec.values : spec.values.toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1)),
  };
}

/** A parameter left out is its default; null for one whose absence is itself the meaning. */
function defaultOf(name: string): ParameterSpec | null {
  const value = (defaults as Readonly<Record<string, Json | undefined>>)[name];
  return value === undefined ? null : { value };
}

const defaults = trialSpec.parse({ latent: 1, seed: 0 });
