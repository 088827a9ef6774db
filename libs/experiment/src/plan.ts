import { sha256Hex } from '@gradpool/tensors';
import { canonicalJson } from './canonical-json.ts';
import { type CellParameters, sweepCells } from './cells.ts';
import { type DatasetManifest, manifestOf } from './manifest.ts';
import { isPlacedPooled, placementWorkers } from './placement.ts';
import { stepImages } from './pooled-spec.ts';
import { parameterNames } from './parameter-names.ts';
import type { SweepSpec } from './sweep-spec.ts';
import { trialCost } from './trial-cost.ts';
import { trialSpec, type TrialSpec } from './trial-spec.ts';

export interface PlannedTrial {
  /** 0 for the sweep's first seed. */
  readonly seedIndex: number;
  readonly seed: number;
  readonly spec: TrialSpec;
}

export interface PlannedCell {
  /** Place in the sweep's own order, from 0. */
  readonly index: number;
  /** The parameters that the sweep names, and no defaults. */
  readonly parameters: CellParameters;
  /** SHA-256 of the canonical parameters: the same cell before and after the sweep is extended. */
  readonly key: string;
  readonly trials: readonly PlannedTrial[];
  /** Floating-point operations of one trial. */
  readonly cost: number;
}

/**
 * Cells x seeds of a sweep that `parseSweep` accepted. The manifest gives the size that costs are reckoned with. Throws ZodError for a sweep that never went through `parseSweep` or `readSweep`,
 * and RangeError where the sweep names a data set that is not known everywhere and no manifest is given.
 */
export function planCells(
  sweep: SweepSpec,
  manifest: DatasetManifest = knownManifest(datasetNameOf(sweep)),
): PlannedCell[] {
  return sweepCells(sweep).map((parameters, index) => {
    const first = firstSpec(sweep, parameters, manifest);
    const trials = Array.from({ length: sweep.seeds.count }, (_, seedIndex): PlannedTrial => {
      const seed = sweep.seeds.base + seedIndex;
      return { seedIndex, seed, spec: { ...first, seed } };
    });
    return { index, parameters, key: cellKey(parameters), trials, cost: trialCost(first, manifest) };
  });
}

/**
 * The spec of a cell's first seed. The images of a pooled step are its trial's batch, so that it takes the same images in the same
 * order as one worker would; cells that `placement: auto` leaves to one worker have that batch too, to be comparable.
 */
function firstSpec(sweep: SweepSpec, parameters: CellParameters, manifest: DatasetManifest): TrialSpec {
  const { pooled, placement, placement_workers: workers = placementWorkers, seeds } = sweep;
  if (pooled === undefined) return trialSpec.parse({ ...parameters, seed: seeds.base });
  const spec = trialSpec.parse({ ...parameters, batch_size: stepImages(pooled), seed: seeds.base });
  const alone = placement === 'auto' && !isPlacedPooled({ spec, pooled, workers, manifest });
  return alone ? spec : { ...spec, pooled };
}

function knownManifest(name: string): DatasetManifest {
  const manifest = manifestOf(name);
  if (manifest === null)
    throw new RangeError(`The data set ${name} is known to its coordinator only; give its manifest`);
  return manifest;
}

export function cellKey(parameters: CellParameters): string {
  return sha256Hex(new TextEncoder().encode(canonicalJson(parameters)));
}

/** Name of the one data set that the sweep runs on. */
export function datasetNameOf(sweep: Pick<SweepSpec, 'parameters'>): string {
  const given = sweep.parameters['dataset'];
  const value =
    given === undefined ? undefined : 'value' in given ? given.value : 'values' in given ? given.values[0] : undefined;
  return trialSpec.shape.dataset.parse(value);
}

/** Errors after which a trial of the sweep counts as failed: the first run and every retry. */
export function errorsMaxOf(sweep: SweepSpec): number {
  return sweep.retry + 1;
}

/** Parameters that differ between cells of the sweep, in the order of a trial's spec. */
export function sweptNames(sweep: SweepSpec): string[] {
  return parameterNames.filter((name) => {
    const given = sweep.parameters[name];
    return given !== undefined && ('distribution' in given || ('values' in given && given.values.length > 1));
  });
}
