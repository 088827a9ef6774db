import type { CellRow, SweepPlan } from '@gradpool/coordination';
import {
  baselineTasks,
  datasetNameOf,
  errorsMaxOf,
  planCells,
  sweepHash,
  type DatasetManifest,
  type PlannedCell,
  type SweepSpec,
} from '@gradpool/experiment';
import { defaultRoomId, type CellId, type Digest, type SpecJson, type SweepId, type TrialId } from '@gradpool/protocol';
import { v7 } from 'uuid';
import { Fault } from '../fault.ts';
import type { CoordinatorLimits } from '../limits.ts';

export interface PlanContext {
  readonly dataset: { readonly digest: Digest; readonly manifest: DatasetManifest };
  readonly codeVersion: string;
  readonly limits: Pick<CoordinatorLimits, 'cellsMax' | 'trialsMax'>;
}

/** What an extension must not add a second time. */
export interface ExistingCells {
  readonly cellId: (key: Digest) => CellId | null;
  readonly hasTrial: (cellId: CellId, seed: number) => boolean;
  readonly cells: number;
}

/** The cells and trials of a sweep, with their costs. Throws a Fault E_SWEEP_TOO_LARGE. */
export function plannedCells(sweep: SweepSpec, { dataset, limits }: PlanContext): PlannedCell[] {
  const cells = planCells(sweep, dataset.manifest);
  const trials = cells.length * sweep.seeds.count;
  if (cells.length > limits.cellsMax || trials > limits.trialsMax) {
    const message = `the sweep has ${cells.length} cells and ${trials} trials; at most ${limits.cellsMax} and ${limits.trialsMax} are taken`;
    throw new Fault('E_SWEEP_TOO_LARGE', message, { status: 422 });
  }
  return cells;
}

/** A whole new sweep, with every id drawn. */
export function newSweepPlan(sweep: SweepSpec, context: PlanContext): SweepPlan {
  const sweepId = v7() as SweepId;
  const nothing: ExistingCells = { cellId: () => null, hasTrial: () => false, cells: 0 };
  return { sweep: sweepRow(sweepId, sweep, context), ...newRows(sweepId, plannedCells(sweep, context), nothing) };
}

/** The merged sweep under its old id, with only the cells and trials that are not there yet. */
export function extensionPlan(
  { sweepId, sweep, existing }: { sweepId: SweepId; sweep: SweepSpec; existing: ExistingCells },
  context: PlanContext,
): SweepPlan {
  return { sweep: sweepRow(sweepId, sweep, context), ...newRows(sweepId, plannedCells(sweep, context), existing) };
}

function sweepRow(sweepId: SweepId, sweep: SweepSpec, { dataset, codeVersion }: PlanContext): SweepPlan['sweep'] {
  return {
    sweepId,
    roomId: defaultRoomId,
    name: sweep.name,
    specHash: sweepHash(sweep, dataset.digest) as Digest,
    spec: plainJson(sweep),
    metric: sweep.metric.name,
    goal: sweep.metric.goal,
    dataset: dataset.digest,
    datasetName: datasetNameOf(sweep),
    codeVersion,
    errorsMax: errorsMaxOf(sweep),
    baselines: baselineTasks(sweep, dataset.manifest),
  };
}

function newRows(sweepId: SweepId, planned: readonly PlannedCell[], existing: ExistingCells) {
  const cells: CellRow[] = [];
  const trials: SweepPlan['trials'][number][] = [];
  for (const cell of planned) {
    const key = cell.key as Digest;
    const known = existing.cellId(key);
    const cellId = known ?? (v7() as CellId);
    if (known === null) {
      const index = existing.cells + cells.length;
      cells.push({ cellId, sweepId, index, key, parameters: plainJson(cell.parameters), cost: cell.cost });
    }
    for (const { seedIndex, seed, spec } of cell.trials) {
      if (known !== null && existing.hasTrial(cellId, seed)) continue;
      trials.push({ trialId: v7() as TrialId, cellId, seedIndex, seed, spec: plainJson(spec) });
    }
  }
  return { cells, trials };
}

/** Drops what is undefined: rows hold what JSON holds. */
const plainJson = (value: object): SpecJson => JSON.parse(JSON.stringify(value)) as SpecJson;
