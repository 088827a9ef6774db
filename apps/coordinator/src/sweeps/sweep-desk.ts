import type { Reply } from '@gradpool/coordination';
import {
  datasetNameOf,
  extendSweep,
  parseSweep,
  readSweep,
  type DatasetManifest,
  type SweepSpec,
} from '@gradpool/experiment';
import type {
  CommandAnswer,
  DryRunAnswer,
  ExtendAnswer,
  ExtendBody,
  SubmitAnswer,
  SubmitBody,
  SweepCommand,
  SweepId,
} from '@gradpool/protocol';
import type { DatasetCatalog } from '../datasets/dataset-catalog.ts';
import { Fault } from '../fault.ts';
import type { CoordinatorLimits } from '../limits.ts';
import type { Switchboard } from '../live/switchboard.ts';
import type { Room } from '../loop/room.ts';
import { extensionPlan, newSweepPlan, plannedCells, type PlanContext } from './plan-sweep.ts';

export interface SweepDeskParts {
  readonly room: Room;
  readonly catalog: DatasetCatalog;
  readonly switchboard: Switchboard;
  readonly codeVersion: string;
  readonly limits: CoordinatorLimits;
}

/** What people do with sweeps: submit, try out, extend, pause, resume, cancel. Every refusal is a Fault with its code. */
export class SweepDesk {
  private readonly parts: SweepDeskParts;

  constructor(parts: SweepDeskParts) {
    this.parts = parts;
  }

  async submit(body: SubmitBody): Promise<SubmitAnswer> {
    const sweep = readBody(body, await this.datasets());
    const context = this.contextOf(sweep);
    // A wrong data file is told to the one who submits, not first to every worker.
    await this.parts.catalog.check(context.dataset.digest);
    const plan = newSweepPlan(sweep, context);
    const reply = await this.parts.room.loop.request((requestId) => ({ type: 'sweepSubmitted', requestId, plan }));
    const { sweepId, created } = accepted(reply);
    return { sweepId, created, ...this.sizeOf(sweepId) };
  }

  async dryRun(body: SubmitBody): Promise<DryRunAnswer> {
    const sweep = readBody(body, await this.datasets());
    const cells = plannedCells(sweep, this.contextOf(sweep));
    const seeds = sweep.seeds.count;
    const costs = cells.map(({ cost }) => cost);
    return { cells: cells.length, trials: cells.length * seeds, seeds, estimateMs: this.estimateMs(costs, seeds) };
  }

  async extend(sweepId: SweepId, additions: ExtendBody): Promise<ExtendAnswer> {
    const { room } = this.parts;
    const datasets = await this.datasets();
    const known = room.state.sweeps.get(sweepId);
    if (!known) throw unknownSweep(sweepId);
    const before = unwrap(readSweep(known.row.spec, { datasets }));
    const sweep = unwrap(extendSweep(before, additions, datasets));
    const existing = {
      cellId: (key: Parameters<typeof known.cellByKey.get>[0]) => known.cellByKey.get(key) ?? null,
      hasTrial: (cellId: string, seed: number) => known.trialKeys.has(`${cellId} ${seed}`),
      cells: known.cellByKey.size,
    };
    // Read from the state and stepped without a pause between, so two extensions at once cannot add a cell twice.
    const plan = extensionPlan({ sweepId, sweep, existing }, this.contextOf(sweep));
    const reply = await room.loop.request((requestId) => ({ type: 'sweepExtended', requestId, sweepId, plan }));
    return { sweepId, trialsAdded: accepted(reply).trialsAdded, ...this.sizeOf(sweepId) };
  }

  async command(sweepId: SweepId, command: SweepCommand): Promise<CommandAnswer> {
    const { room } = this.parts;
    const reply = await room.loop.request((requestId) => ({ type: 'sweepCommanded', requestId, sweepId, command }));
    accepted(reply);
    const view = room.sweep(sweepId);
    if (!view) throw unknownSweep(sweepId);
    return { sweepId, state: view.state };
  }

  /** Those that a sweep may name now. */
  private async datasets(): Promise<readonly DatasetManifest[]> {
    const { catalog } = this.parts;
    await catalog.refresh();
    return catalog.manifests();
  }

  private contextOf(sweep: SweepSpec): PlanContext {
    const { catalog, codeVersion, limits } = this.parts;
    const name = datasetNameOf(sweep);
    const dataset = catalog.byName(name);
    if (dataset) return { dataset, codeVersion, limits };
    throw new Fault('E_DATA_UNAVAILABLE', `this coordinator has no data set ${name}; ${catalog.remedy(name)}`, {
      status: 422,
    });
  }

  private sizeOf(sweepId: SweepId): { cells: number; trials: number } {
    const sweep = this.parts.room.state.sweeps.get(sweepId);
    return { cells: sweep?.cellByKey.size ?? 0, trials: sweep?.trialIds.length ?? 0 };
  }

  /** Work over the summed speed of the connected trainers, but no less than the longest trial on the fastest of them. */
  private estimateMs(costs: readonly number[], seeds: number): number | null {
    const trainers = this.parts.switchboard
      .arrivals()
      .filter(({ kind, flopsPerSecond }) => kind === 'train' && flopsPerSecond > 0);
    if (trainers.length === 0) return null;
    const summed = trainers.reduce((sum, { flopsPerSecond, slots }) => sum + flopsPerSecond * slots, 0);
    const fastest = trainers.reduce((most, { flopsPerSecond }) => Math.max(most, flopsPerSecond), 0);
    const work = seeds * costs.reduce((sum, cost) => sum + cost, 0);
    const longest = costs.reduce((most, cost) => Math.max(most, cost), 0);
    return Math.ceil(1000 * Math.max(work / summed, longest / fastest));
  }
}

function readBody(body: SubmitBody, datasets: readonly DatasetManifest[]): SweepSpec {
  return unwrap('yaml' in body ? parseSweep(body.yaml, datasets) : readSweep(body.spec, { datasets }));
}

function unwrap(result: ReturnType<typeof parseSweep>): SweepSpec {
  if (result.ok) return result.sweep;
  throw new Fault(result.code, result.message, { status: 422 });
}

function accepted(reply: Reply): Extract<Reply, { ok: true }> {
  if (reply.ok) return reply;
  throw new Fault(reply.code, reply.message, { status: reply.code === 'E_SWEEP_UNKNOWN' ? 404 : 409 });
}

export const unknownSweep = (idOrName: string): Fault =>
  new Fault('E_NOT_FOUND', `there is no sweep ${idOrName}; GET /api/sweeps lists them`, { status: 404 });
