import type { CellId, SweepId, TrialCounts } from '@gradpool/protocol';
import { closeBaselines, openBaselines } from './baselines.ts';
import type { Context } from './context.ts';
import { persist, reply, sweepChanged, trialChanged } from './context.ts';
import type { Event, SweepPlan } from './events.ts';
import { revokeLease } from './leases.ts';
import { coordinationLimits as limits } from './limits.ts';
import { enqueueAll, refreshOpenSweep } from './queue.ts';
import type { Refusal } from './refusals.ts';
import { refusal, refusalCodes } from './refusals.ts';
import type { CellRow, SweepRow, TrialRow } from './rows.ts';
import type { State, Sweep, Trial } from './state.ts';
import { must } from './state.ts';
import { endTraining } from './training.ts';
import { noResult, registerTrial, storeAttempt, trialOf, updateTrial } from './trials.ts';
import { endVerification } from './verification.ts';

type EventOf<Type extends Event['type']> = Extract<Event, { type: Type }>;

export const noTrials: TrialCounts = {
  waiting: 0,
  running: 0,
  verifying: 0,
  complete: 0,
  pruned: 0,
  failed: 0,
  cancelled: 0,
};

/** Brings a sweep into the state's maps; its cells and trials follow. */
export function registerSweep(state: State, row: SweepRow): Sweep {
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
    waitingCost: 0,
    running: new Set(),
    live: 0,
    baselinesMissing: new Set(),
  };
  state.sweeps.set(row.sweepId, sweep);
  for (const hash of [row.specHash, ...(row.earlierHashes ?? [])]) state.sweepByHash.set(hash, row.sweepId);
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
  const sweep = registerSweep(state, { ...plan.sweep, state: 'running', createdAt: now, finishedAt: null });
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
  const { specHash: before, earlierHashes = [] } = sweep.row;
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

function unknownSweep(sweepId: SweepId): Refusal {
  return { code: refusalCodes.sweepUnknown, message: `no sweep has the id ${sweepId}; list them with GET /api/sweeps` };
}

/** Why a plan cannot be taken, or null. Checked whole before anything changes. */
function planRefusal(state: State, sweep: Sweep | null, plan: SweepPlan): Refusal | null {
  if (sweep?.row.state === 'cancelled') {
    return { code: refusalCodes.sweepEnded, message: 'the sweep is cancelled; resume it before extending it' };
  }
  const other = state.sweepByHash.get(plan.sweep.specHash);
  if (sweep !== null && other !== undefined && other !== sweep.row.sweepId) {
    return { code: refusalCodes.sweepPlan, message: `sweep ${other} has this spec already; use that one` };
  }
  const trials = (sweep?.trialIds.length ?? 0) + plan.trials.length;
  const counts: [string, number, number][] = [
    ['trials in a sweep', trials, limits.trialsPerSweepMax],
    ['baselines in a sweep', plan.sweep.baselines.length, limits.baselinesPerSweepMax],
    ['sweeps', state.sweeps.size + (sweep === null ? 1 : 0), limits.sweepsMax],
  ];
  for (const [what, value, max] of counts) {
    if (value > max) return { code: refusalCodes.limit, message: `${value} ${what}; at most ${max} are taken` };
  }
  return planFault(state, plan);
}

function planFault(state: State, plan: SweepPlan): Refusal | null {
  const cells = new Set<CellId>(plan.cells.map((cell) => cell.cellId));
  const keys = new Set(plan.cells.map((cell) => cell.key));
  const trials = new Set(plan.trials.map((trial) => `${trial.cellId} ${trial.seed}`));
  const ids = new Set(plan.trials.map((trial) => trial.trialId));
  const fault = (message: string): Refusal => ({ code: refusalCodes.sweepPlan, message });
  if (cells.size < plan.cells.length || keys.size < plan.cells.length) return fault('two cells are the same one');
  if (trials.size < plan.trials.length) return fault('two trials of one cell have the same seed');
  if (ids.size < plan.trials.length) return fault('two trials have the same id');
  const stray = plan.trials.find((trial) => !cells.has(trial.cellId) && !state.cells.has(trial.cellId));
  if (stray !== undefined) return fault(`trial ${stray.trialId} names the unknown cell ${stray.cellId}`);
  if (plan.trials.some((trial) => state.trials.has(trial.trialId))) return fault('a trial id is in use already');
  const wrong = plan.cells.find((cell) => !(cell.cost >= 0 && Number.isFinite(cell.cost)));
  return wrong === undefined ? null : fault(`cell ${wrong.index} costs ${wrong.cost}; a finite number is needed`);
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
  for (const planned of plan.trials) {
    const cellId = cellIds.get(planned.cellId) ?? planned.cellId;
    if (sweep.trialKeys.has(`${cellId} ${planned.seed}`)) continue;
    const cell = must(state.cells.get(cellId), `cell ${cellId}`);
    const row = newTrial({ ...planned, cellId }, sweep, now);
    added.push(registerTrial(state, sweep, row, cell));
    persist(context, { table: 'trial', row });
    trialChanged(context, row.trialId);
  }
  enqueueAll(state, sweep, added);
  return added.length;
}

function newTrial(planned: SweepPlan['trials'][number], sweep: Sweep, now: number): TrialRow {
  const { trialId, cellId, seedIndex, seed, spec } = planned;
  return {
    trialId,
    sweepId: sweep.row.sweepId,
    cellId,
    seedIndex,
    seed,
    spec,
    state: 'waiting',
    fence: 0,
    attempts: 0,
    errors: 0,
    erredWorkers: [],
    checkpoint: null,
    ...noResult,
    testMse: null,
    verifiedBy: null,
    errorCode: null,
    errorMessage: null,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
  };
}

export function updateSweep(context: Context, sweep: Sweep, patch: Partial<SweepRow>): void {
  sweep.row = { ...sweep.row, ...patch };
  refreshOpenSweep(context.state, sweep);
  persist(context, { table: 'sweep', row: sweep.row });
  context.touched.add(sweep.row.sweepId);
  sweepChanged(context, sweep.row.sweepId);
}

export function commandSweep(context: Context, event: EventOf<'sweepCommanded'>): void {
  const { requestId, sweepId, command } = event;
  const sweep = context.state.sweeps.get(sweepId);
  const refused = sweep === undefined ? unknownSweep(sweepId) : commandRefusal(sweep, command);
  if (sweep === undefined || refused !== null) {
    reply(context, requestId, { ok: false, ...must(refused, 'the refusal') });
    return;
  }
  if (command === 'pause' && sweep.row.state === 'running') pauseSweep(context, sweep);
  if (command === 'resume' && sweep.row.state !== 'running') resumeSweep(context, sweep);
  if (command === 'cancel' && sweep.row.state !== 'cancelled') cancelSweep(context, sweep);
  reply(context, requestId, { ok: true, sweepId, created: false, trialsAdded: 0 });
}

/** A complete sweep takes no command, and a cancelled one only `resume` (and `cancel` again, which does nothing). */
function commandRefusal(sweep: Sweep, command: EventOf<'sweepCommanded'>['command']): Refusal | null {
  const { state } = sweep.row;
  if (state === 'running' || state === 'paused' || (state === 'cancelled' && command !== 'pause')) return null;
  return { code: refusalCodes.sweepEnded, message: `the sweep is ${state}; there is nothing to ${command}` };
}

/** No new leases; running ones are asked for a checkpoint and handed back. What is trained is still verified. */
function pauseSweep(context: Context, sweep: Sweep): void {
  updateSweep(context, sweep, { state: 'paused' });
  for (const lease of trainingLeases(context.state, sweep)) {
    lease.revoking = refusalCodes.sweepPaused;
    lease.deadlineMax = context.now + limits.pauseGraceMs;
    revokeLease(context, lease, refusalCodes.sweepPaused, true);
  }
}

function resumeSweep(context: Context, sweep: Sweep): void {
  const wasCancelled = sweep.row.state === 'cancelled';
  updateSweep(context, sweep, { state: 'running', finishedAt: null });
  if (!wasCancelled) return;
  for (const trialId of sweep.trialIds) {
    const trial = trialOf(context.state, trialId);
    if (trial.row.state === 'cancelled') updateTrial(context, trial, { state: 'waiting', finishedAt: null });
  }
  openBaselines(context.state, sweep);
}

/** Ends every trial that is not final, at once; workers are told to stop. */
function cancelSweep(context: Context, sweep: Sweep): void {
  const { state, now } = context;
  updateSweep(context, sweep, { state: 'cancelled', finishedAt: now });
  closeBaselines(state, sweep);
  const error = refusal(refusalCodes.sweepCancelled);
  for (const lease of trainingLeases(state, sweep)) {
    endTraining(context, lease, { state: 'released', code: error.code, error });
    revokeLease(context, lease, error.code);
  }
  for (const trialId of sweep.trialIds) {
    const trial = trialOf(state, trialId);
    if (trial.row.state === 'verifying') dropClaim(context, trial, error);
    const open = ['waiting', 'running', 'verifying'].includes(trial.row.state);
    if (open) updateTrial(context, trial, { state: 'cancelled', finishedAt: now });
  }
}

function dropClaim(context: Context, trial: Trial, error: Refusal): void {
  const { state } = context;
  state.verifyQueue.delete(trial.row.trialId);
  trial.verifyErrors = 0;
  const lease = trial.verifyLease === null ? undefined : state.leases.get(trial.verifyLease);
  if (lease?.kind === 'verify') {
    endVerification(context, lease, error.code);
    revokeLease(context, lease, error.code);
  }
  if (trial.claim !== null) {
    const ended = { errorCode: error.code, errorMessage: error.message };
    storeAttempt(context, { ...trial.claim, state: 'released', ...ended });
    trial.claim = null;
  }
  updateTrial(context, trial, noResult);
}

function trainingLeases(state: State, sweep: Sweep) {
  const leases = [];
  for (const trialId of sweep.running) {
    for (const leaseId of trialOf(state, trialId).leases) {
      const lease = state.leases.get(leaseId);
      if (lease?.kind === 'train') leases.push(lease);
    }
  }
  return leases;
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
    if (open && isDone(sweep)) updateSweep(context, sweep, { state: 'complete', finishedAt: context.now });
  }
}
