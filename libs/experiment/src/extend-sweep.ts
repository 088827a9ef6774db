import { canonicalJson, type Json } from './canonical-json.ts';
import { isCut } from './cells.ts';
import { type DatasetManifest, knownDatasets } from './manifest.ts';
import { readSweep } from './read-sweep.ts';
import { refuse, type SweepResult } from './sweep-refusal.ts';
import type { ParameterSpec, SweepSpec } from './sweep-spec.ts';

/** What to add: values of parameters that the sweep names, and how many seeds each cell is to have in all. */
export interface SweepAdditions {
  readonly parameters?: Readonly<Record<string, readonly Json[]>> | undefined;
  readonly seeds?: number | undefined;
  readonly run_cap?: number | undefined;
}

/**
 * The sweep with the additions merged in; every old cell keeps its key and every old trial its seed. Values that the
 * sweep has already are passed over. `datasets` as in `readSweep`. Anything that would take a cell away or change one is refused.
 */
export function extendSweep(
  sweep: SweepSpec,
  additions: SweepAdditions,
  datasets: readonly DatasetManifest[] = knownDatasets,
): SweepResult {
  const parameters: Record<string, ParameterSpec> = { ...sweep.parameters };
  for (const [name, values] of Object.entries(additions.parameters ?? {})) {
    const before = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (before === undefined || 'distribution' in before || sweep.method !== 'grid') {
      return refuse(
        'E_SWEEP_EXTEND',
        `Values can be added to a grid's own parameters only (${gridNames(sweep)}), not to ${name}`,
      );
    }
    parameters[name] = merged(before, values);
  }
  const count = additions.seeds ?? sweep.seeds.count;
  if (count < sweep.seeds.count) {
    return refuse(
      'E_SWEEP_EXTEND',
      `The sweep has ${sweep.seeds.count} seeds, ${count} would take some away; give the new total`,
    );
  }
  const runCap = additions.run_cap ?? sweep.run_cap;
  if (sweep.run_cap !== undefined && runCap !== undefined && runCap < sweep.run_cap) {
    return refuse('E_SWEEP_EXTEND', `The sweep's run_cap is ${sweep.run_cap}, ${runCap} would take cells away`);
  }
  const extended = {
    ...sweep,
    parameters,
    seeds: { ...sweep.seeds, count },
    ...(runCap === undefined ? {} : { run_cap: runCap }),
  };
  const result = readSweep(extended, { datasets });
  if (result.ok && additions.parameters !== undefined && result.sweep.method === 'grid' && isCut(result.sweep)) {
    return refuse(
      'E_SWEEP_EXTEND',
      `With the new values the grid goes beyond run_cap ${runCap}, so old cells could fall out; raise run_cap`,
    );
  }
  return result;
}

function merged(before: ParameterSpec, added: readonly Json[]): ParameterSpec {
  const values = 'values' in before ? [...before.values] : 'value' in before ? [before.value] : [];
  const known = new Set(values.map(canonicalJson));
  for (const value of added) {
    const text = canonicalJson(value);
    if (!known.has(text)) values.push(value);
    known.add(text);
  }
  return { values };
}

function gridNames(sweep: SweepSpec): string {
  const names = Object.entries(sweep.parameters).filter(([, spec]) => !('distribution' in spec));
  return sweep.method === 'grid'
    ? names.map(([name]) => name).join(', ')
    : `this one is ${sweep.method}: raise run_cap or seeds instead`;
}
