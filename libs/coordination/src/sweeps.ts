import { noTrials, type CellId } from '@gradpool/protocol';
import { openBaselines } from './baselines.ts';
import type { Context } from './context.ts';
import { persist, reply, sweepChanged, trialChanged } from './context.ts';
import { wantEnds } from './embeddings.ts';
import type { Event, SweepPlan } from './events.ts';
import { firstRungs } from './halving.ts';
import { enqueueAll, refreshOpenSweep } from './queue.ts';
import type { CellRow, SweepRow, TrialRow } from './rows.ts';
import { halvingRule } from './rung-rule.ts';
import type { State, Sweep, Trial } from './state.ts';
import { must } from './state.ts';
import { noResult, registerTrial } from './trials.ts';
import { planRefusal, unknownSweep } from './sweep-plan.ts';

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

/** Brings a sweep into the state's maps; its cells and trials follow. */
export function registerSweep(state: State, row: SweepRow): Sweep {
  const rule = halvingRule(row);
  const sweep: Sweep = {
    row,
    order: state.sweeps.size,
    cellByKey: new Map(),
    trialIds: [],
    trialKeys: new Set(),
    openByCell: new Map(),
    cellsDone: 0,
    counts: { ...noTrials },
    fresh: [],
    erred: [],
    soloWaiting: 0,
    waitingCost: 0,
    running: new Set(),
    served: 0,
    baselinesMissing: new Set(),
    halving: rule && { rule, cells: new Map(), groups: new Map() },
    epochsSaved: 0,
  };
  state.sweeps.set(row.sweepId, sweep);
  for (const hash of [row.specHash, ...row.earlierHashes]) state.sweepByHash.set(hash, row.sweepId);
  return sweep;
}

export function registerCell(state: State, sweep: Sweep, cell: CellRow): void {
  state.cells.set(cell.cellId, cell);
  sweep.cellByKey.set(cell.key, cell.cellId);
  sweep.openByCell.set(cell.cellId, 0);
  sweep.cellsDone += 1;
}

export function submitSweep(context: Context, event: EventOf<'sweepSubmitted'>): void {
  const { state, now } = context;
  const { plan, requestId } = event;
  const known = state.sweepByHash.get(plan.sweep.specHash);
  if (known !== undefined) {
    reply(context, requestId, { ok: true, sweepId: known, created: false, trialsAdded: 0 });
    return;
  }
  const refused = planRefusal(state, null, plan);
  if (refused !== null) {
    reply(context, requestId, { ok: false, ...refused });
    return;
  }
  const fresh = { earlierHashes: [], state: 'running', createdAt: now, finishedAt: null } as const;
  const sweep = registerSweep(state, { ...plan.sweep, ...fresh });
  persist(context, { table: 'sweep', row: sweep.row });
  const trialsAdded = addTrials(context, sweep, plan);
  openBaselines(state, sweep);
  context.touched.add(sweep.row.sweepId);
  sweepChanged(context, sweep.row.sweepId);
  reply(context, requestId, { ok: true, sweepId: sweep.row.sweepId, created: true, trialsAdded });
}

/** Adds the cells and seeds that the sweep does not have; nothing that it has is trained again. */
export function extendSweep(context: Context, event: EventOf<'sweepExtended'>): void {
  const { state } = context;
  const { plan, requestId, sweepId } = event;
  const sweep = state.sweeps.get(sweepId);
  const refused = sweep === undefined ? unknownSweep(sweepId) : planRefusal(state, sweep, plan);
  if (sweep === undefined || refused !== null) {
    reply(context, requestId, { ok: false, ...must(refused, 'the refusal') });
    return;
  }
  const { specHash: before, earlierHashes } = sweep.row;
  const { specHash, spec, baselines } = plan.sweep;
  const hashes = [...new Set([...earlierHashes, before])].filter((hash) => hash !== specHash);
  state.sweepByHash.set(specHash, sweepId);
  sweep.row = { ...sweep.row, specHash, spec, baselines, earlierHashes: hashes };
  const trialsAdded = addTrials(context, sweep, plan);
  openBaselines(state, sweep);
  const reopens = sweep.row.state === 'complete' && !isDone(sweep);
  updateSweep(context, sweep, reopens ? { state: 'running', finishedAt: null } : {});
  reply(context, requestId, { ok: true, sweepId, created: false, trialsAdded });
}

/** Registers and stores what is new in a plan; returns how many trials that is. */
function addTrials(context: Context, sweep: Sweep, plan: SweepPlan): number {
  const { state, now } = context;
  const cellIds = new Map<CellId, CellId>();
  for (const planned of plan.cells) {
    const known = sweep.cellByKey.get(planned.key);
    cellIds.set(planned.cellId, known ?? planned.cellId);
    if (known !== undefined) continue;
    const cell = { ...planned, sweepId: sweep.row.sweepId };
    registerCell(state, sweep, cell);
    persist(context, { table: 'cell', row: cell });
  }
  const added: Trial[] = [];
  let trialsAdded = 0;
  for (const planned of plan.trials) {
    const cellId = cellIds.get(planned.cellId) ?? planned.cellId;
    if (sweep.trialKeys.has(`${cellId} ${planned.seed}`)) continue;
    const cell = must(state.cells.get(cellId), `cell ${cellId}`);
    const row = newTrial({ ...planned, cellId }, sweep, now);
    const trial = registerTrial(state, sweep, row, cell);
    if (row.state === 'waiting') added.push(trial);
    trialsAdded += 1;
    persist(context, { table: 'trial', row });
    trialChanged(context, row.trialId);
  }
  enqueueAll(state, sweep, added);
  return trialsAdded;
}

function newTrial(planned: SweepPlan['trials'][number], sweep: Sweep, now: number): TrialRow {
  const { trialId, cellId, seedIndex, seed, spec } = planned;
  const rungs = firstRungs(sweep, { cellId, spec });
  const pruned = (rungs?.pruned ?? null) !== null;
  return {
    trialId,
    sweepId: sweep.row.sweepId,
    cellId,
    seedIndex,
    seed,
    spec,
    state: pruned ? 'pruned' : 'waiting',
    fence: 0,
    attempts: 0,
    errors: 0,
    erredWorkers: [],
    rungs,
    checkpoint: null,
    ...noResult,
    score: null,
    details: null,
    verifiedBy: null,
    errorCode: null,
    errorMessage: null,
    createdAt: now,
    startedAt: null,
    finishedAt: pruned ? now : null,
  };
}

export function updateSweep(context: Context, sweep: Sweep, patch: Partial<SweepRow>): void {
  sweep.row = { ...sweep.row, ...patch };
  refreshOpenSweep(context.state, sweep);
  persist(context, { table: 'sweep', row: sweep.row });
  context.touched.add(sweep.row.sweepId);
  sweepChanged(context, sweep.row.sweepId);
}

function isDone(sweep: Sweep): boolean {
  const { waiting, running, verifying } = sweep.counts;
  return waiting + running + verifying === 0 && sweep.baselinesMissing.size === 0;
}

/** At the end of a step: a sweep with nothing left to do is complete. */
export function completeSweeps(context: Context): void {
  for (const sweepId of context.touched) {
    const sweep = must(context.state.sweeps.get(sweepId), `sweep ${sweepId}`);
    const open = sweep.row.state === 'running' || sweep.row.state === 'paused';
    if (!open || !isDone(sweep)) continue;
    updateSweep(context, sweep, { state: 'complete', finishedAt: context.now });
    wantEnds(context.state, sweep);
  }
}
