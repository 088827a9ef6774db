import { canonicalJson } from './canonical-json.ts';
import { cellCount } from './cells.ts';
import { checkCells } from './check-cells.ts';
import { type DatasetManifest, knownDatasets, manifestOf } from './manifest.ts';
import { metrics, taskMetric } from './metrics.ts';
import { nearestName } from './nearest-name.ts';
import { datasetNameOf } from './plan.ts';
import { taskOf } from './task.ts';
import { asMap, show } from './plain-data.ts';
import { stepImages } from './pooled-spec.ts';
import { refusalOf } from './sweep-issues.ts';
import { sweepLimits } from './sweep-limits.ts';
import { type Locate, refuse, type SweepRefusal, type SweepResult } from './sweep-refusal.ts';
import { checkEarlyTerminate } from './check-early-terminate.ts';
import { isQuantised, isWholeNumber, type ParameterSpec, sweepSpec, type SweepSpec } from './sweep-spec.ts';
import { batchImagesMax } from './trial-spec.ts';

/** As the schema gives it: the metric may be left to the task, and the goal to the metric. */
type Unmeasured = Omit<SweepSpec, 'metric'> & { readonly metric?: Partial<SweepSpec['metric']> };
type Drawn = Extract<ParameterSpec, { readonly min: number }>;

export interface ReadSweepOptions {
  /** The data sets that it may name: those that are known everywhere, unless a coordinator says what it has. */
  readonly datasets?: readonly DatasetManifest[];
  /** Adds line numbers where there are any. */
  readonly locate?: Locate;
}

/** Reads a sweep from plain data (the HTTP API's `spec`). Never throws. */
export function readSweep(
  value: unknown,
  { datasets = knownDatasets, locate = () => '' }: ReadSweepOptions = {},
): SweepResult {
  const given = asMap(value);
  if (given === null) {
    return refuse('E_SWEEP_VALUE', `A sweep is a map with name, method, parameters and so on, not ${show(value)}`);
  }
  const complete = withImpliedDistributions(given);
  const read = sweepSpec.safeParse(complete);
  if (!read.success) return refusalOf(complete, read.error.issues, locate);
  // The schema of `parameters` is built from the trial's spec at run time, which its static type cannot show.
  const sweep = withMetric(read.data as Unmeasured);
  return checkWhole(sweep, datasets, locate) ?? { ok: true, sweep };
}

function withMetric({ metric, ...sweep }: Unmeasured): SweepSpec {
  const name = metric?.name ?? taskMetric[taskOf(sweep)];
  return { ...sweep, metric: { name, goal: metric?.goal ?? metrics[name].goal } };
}

/** `{min, max}` alone means int_uniform between whole numbers and uniform otherwise, as in W&B. */
function withImpliedDistributions(sweep: Record<string, unknown>): Record<string, unknown> {
  const parameters = asMap(sweep['parameters']);
  if (parameters === null) return sweep;
  const entries = Object.entries(parameters).map(([name, given]): [string, unknown] => {
    const map = asMap(given);
    if (map === null || !('min' in map || 'max' in map) || 'distribution' in map) return [name, given];
    const whole = Number.isInteger(map['min']) && Number.isInteger(map['max']);
    return [name, { distribution: whole ? 'int_uniform' : 'uniform', ...map }];
  });
  return { ...sweep, parameters: Object.fromEntries(entries) };
}

/** Rules that no single field can check. */
function checkWhole(sweep: SweepSpec, datasets: readonly DatasetManifest[], locate: Locate): SweepRefusal | null {
  for (const [name, given] of Object.entries(sweep.parameters)) {
    const refusal = checkParameter(sweep, name, given, locate);
    if (refusal !== null) return refusal;
  }
  if (sweep.parameters['latent'] === undefined) {
    const message =
      'parameters.latent is missing; give the sizes of the code, for example latent: {values: [2, 8, 32]}';
    return refuse('E_SWEEP_MISSING', `${locate(['parameters'])}${message}`);
  }
  if (sweep.method !== 'grid' && sweep.run_cap === undefined) {
    const message = `a ${sweep.method} sweep needs run_cap, the number of cells to draw`;
    return refuse('E_SWEEP_RUN_CAP', `${locate(['method'])}${message}`);
  }
  if (sweep.seeds.base + sweep.seeds.count - 1 > 0xffff_ffff) {
    return refuse('E_SWEEP_VALUE', `${locate(['seeds', 'base'])}seeds.base + seeds.count goes beyond 4294967296`);
  }
  const name = datasetNameOf(sweep);
  const manifest = manifestOf(name, datasets);
  if (manifest === null) return unknownDataset(name, datasets, locate);
  return (
    checkPooled(sweep, locate) ??
    checkEarlyTerminate(sweep, locate) ??
    checkSize(sweep) ??
    checkCells(sweep, manifest, locate)
  );
}

function unknownDataset(name: string, datasets: readonly DatasetManifest[], locate: Locate): SweepRefusal {
  const names = datasets.map((known) => known.name);
  const nearest = nearestName(name, names);
  const advice = nearest === null ? `add it with: gradpool data add ${name} FOLDER` : `did you mean ${nearest}?`;
  const message = `parameters.dataset is ${show(name)}; known are ${names.join(', ')}; ${advice}`;
  return refuse('E_SWEEP_DATASET', `${locate(['parameters', 'dataset'])}${message}`);
}

/** Both would say how many images a step takes. */
function checkPooled({ pooled, placement, parameters }: SweepSpec, locate: Locate): SweepRefusal | null {
  if (pooled === undefined) {
    const message =
      'placement is "auto" but there is no pooled to say how big cells are trained; add pooled: {mode: local}';
    return placement === undefined ? null : refuse('E_SWEEP_VALUE', `${locate(['placement'])}${message}`);
  }
  const images = stepImages(pooled);
  if (images > batchImagesMax) {
    const message = `pooled asks for ${images} images a step, at most ${batchImagesMax} are taken; lower micro_batches`;
    return refuse('E_SWEEP_VALUE', `${locate(['pooled'])}${message}`);
  }
  if (parameters['batch_size'] === undefined) return null;
  const message = `parameters.batch_size does not go with pooled, whose step takes ${images} images; take it out`;
  return refuse('E_SWEEP_VALUE', `${locate(['parameters', 'batch_size'])}${message}`);
}

function checkSize(sweep: SweepSpec): SweepRefusal | null {
  const cells = cellCount(sweep);
  const trials = cells * sweep.seeds.count;
  if (cells <= sweepLimits.cellsMax && trials <= sweepLimits.trialsMax) return null;
  const most = `at most ${sweepLimits.cellsMax} cells and ${sweepLimits.trialsMax} trials are planned at once`;
  return refuse(
    'E_SWEEP_TOO_LARGE',
    `The sweep has ${cells} cells and ${trials} trials; ${most}; give fewer values or set run_cap`,
  );
}

function checkParameter(sweep: SweepSpec, name: string, given: ParameterSpec, locate: Locate): SweepRefusal | null {
  if ('values' in given) return checkValues(name, given.values, locate);
  if ('value' in given) return null;
  if (sweep.method === 'grid') {
    const message = `a grid needs values, but parameters.${name} has bounds; set method: random or sobol, or give values`;
    return refuse('E_SWEEP_METHOD', `${locate(['parameters', name])}${message}`);
  }
  return checkBounds(name, given, locate);
}

function checkValues(name: string, values: readonly unknown[], locate: Locate): SweepRefusal | null {
  const texts = values.map(canonicalJson);
  const repeated = texts.findIndex((text, i) => texts.indexOf(text) < i);
  if (repeated >= 0) {
    const line = locate(['parameters', name, 'values', repeated]);
    return refuse(
      'E_SWEEP_DUPLICATE_VALUE',
      `${line}parameters.${name}.values has ${texts[repeated]} twice; take one out`,
    );
  }
  if (values.length === 1) return null;
  if (name === 'task') {
    return refuse('E_SWEEP_VALUE', `${locate(['parameters', name])}a sweep has one task; write a sweep file for each`);
  }
  if (name !== 'dataset') return null;
  return refuse(
    'E_SWEEP_DATASET',
    `${locate(['parameters', name])}a sweep runs on one data set; write a sweep file for each`,
  );
}

function checkBounds(name: string, { distribution, min, max, q }: Drawn, locate: Locate): SweepRefusal | null {
  const bad = (message: string) => {
    return refuse('E_SWEEP_VALUE', `${locate(['parameters', name])}parameters.${name}: ${message}`);
  };
  if (min > max) return bad(`min ${min} is above max ${max}`);
  if (distribution.includes('log_uniform') && min <= 0) return bad(`${distribution} needs min above 0, not ${min}`);
  if (isQuantised(distribution) !== (q !== undefined)) {
    return bad(
      isQuantised(distribution) ? `${distribution} needs q, the step` : `${distribution} takes no q; take it out`,
    );
  }
  if (q !== undefined && isWholeNumber(name) && !Number.isInteger(q))
    return bad(`q is ${q}, and it takes whole numbers only`);
  if (q !== undefined && Math.ceil(min / q) > Math.floor(max / q))
    return bad(`no multiple of q ${q} is from ${min} to ${max}`);
  if (distribution === 'int_uniform' && !(Number.isInteger(min) && Number.isInteger(max))) {
    return bad(`int_uniform needs whole bounds, not ${min} and ${max}`);
  }
  if (distribution === 'uniform' && isWholeNumber(name)) return bad('it takes whole numbers only; use int_uniform');
  return null;
}
