import type { CellId, SweepId } from '@gradpool/protocol';
import type { SweepPlan } from './events.ts';
import { coordinationLimits as limits } from './limits.ts';
import type { Refusal } from './refusals.ts';
import { refusalCodes } from './refusals.ts';
import type { State, Sweep } from './state.ts';

export function unknownSweep(sweepId: SweepId): Refusal {
  return { code: refusalCodes.sweepUnknown, message: `no sweep has the id ${sweepId}; list them with GET /api/sweeps` };
}

/** Why a plan cannot be taken, or null. Checked whole before anything changes. */
export function planRefusal(state: State, sweep: Sweep | null, plan: SweepPlan): Refusal | null {
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
    if (value > max) return { code: refusalCodes.sweepLimit, message: `${value} ${what}; at most ${max} are taken` };
  }
  return planFault(state, sweep, plan);
}

function planFault(state: State, sweep: Sweep | null, plan: SweepPlan): Refusal | null {
  const cells = new Set<CellId>(plan.cells.map((cell) => cell.cellId));
  const keys = new Set(plan.cells.map((cell) => cell.key));
  const trials = new Set(plan.trials.map((trial) => `${trial.cellId} ${trial.seed}`));
  const ids = new Set(plan.trials.map((trial) => trial.trialId));
  const fault = (message: string): Refusal => ({ code: refusalCodes.sweepPlan, message });
  if (cells.size < plan.cells.length || keys.size < plan.cells.length) return fault('two cells are the same one');
  if (trials.size < plan.trials.length) return fault('two trials of one cell have the same seed');
  if (ids.size < plan.trials.length) return fault('two trials have the same id');
  const foreign = plan.cells.find(({ cellId, key }) => state.cells.has(cellId) && sweep?.cellByKey.get(key) !== cellId);
  if (foreign !== undefined) return fault(`the cell id ${foreign.cellId} is in use already`);
  const own = (cellId: CellId): boolean => cells.has(cellId) || sweep?.openByCell.has(cellId) === true;
  const stray = plan.trials.find((trial) => !own(trial.cellId));
  if (stray !== undefined) return fault(`trial ${stray.trialId} names the unknown cell ${stray.cellId}`);
  const known = new Map(plan.cells.map(({ cellId, key }) => [cellId, sweep?.cellByKey.get(key) ?? cellId]));
  const has = ({ cellId, seed }: SweepPlan['trials'][number]): boolean =>
    sweep?.trialKeys.has(`${known.get(cellId) ?? cellId} ${seed}`) === true;
  const taken = plan.trials.find((trial) => state.trials.has(trial.trialId) && !has(trial));
  if (taken !== undefined) return fault(`the trial id ${taken.trialId} is in use already`);
  if (sweep === null && state.sweeps.has(plan.sweep.sweepId)) return fault('the sweep id is in use already');
  if (!(plan.sweep.errorsMax >= 1)) return fault(`errorsMax is ${plan.sweep.errorsMax}; at least 1 is needed`);
  const wrong = plan.cells.find((cell) => !(cell.cost >= 0 && Number.isFinite(cell.cost)));
  return wrong === undefined ? null : fault(`cell ${wrong.index} costs ${wrong.cost}; a finite number is needed`);
}
