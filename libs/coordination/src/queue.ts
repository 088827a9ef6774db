import { coordinationLimits as limits } from './limits.ts';
import { isPooled } from './placement.ts';
import { isHeld } from './rung-rule.ts';
import { insertSorted, lowerBound, removeSorted } from './sorted.ts';
import { remainingCost } from './speed.ts';
import type { State, Sweep, Trial, Worker } from './state.ts';

/** Best last: most rungs passed, then lowest seed index, then most work left, then the cell's own order. */
export function compareWaiting(a: Trial, b: Trial): number {
  const byRungs = (a.row.rungs?.figures.length ?? 0) - (b.row.rungs?.figures.length ?? 0);
  if (byRungs !== 0) return byRungs;
  const bySeed = b.row.seedIndex - a.row.seedIndex;
  if (bySeed !== 0) return bySeed;
  const byWork = a.remaining - b.remaining;
  if (byWork !== 0) return byWork;
  const byCell = b.cell.index - a.cell.index;
  if (byCell !== 0) return byCell;
  return a.row.trialId < b.row.trialId ? 1 : a.row.trialId > b.row.trialId ? -1 : 0;
}

/** Puts a trial, whose row says `waiting`, in line, unless it is held at a rung. */
export function enqueue(state: State, sweep: Sweep, trial: Trial): void {
  if (isHeld(trial.row)) return;
  stampWaiting(sweep, trial);
  insertSorted(trial.queued === 'erred' ? sweep.erred : sweep.fresh, trial, compareWaiting);
  refreshOpenSweep(state, sweep);
}

/** The same for many at once: one sort instead of many insertions. */
export function enqueueAll(state: State, sweep: Sweep, trials: readonly Trial[]): void {
  for (const trial of trials) {
    if (isHeld(trial.row)) continue;
    stampWaiting(sweep, trial);
    (trial.queued === 'erred' ? sweep.erred : sweep.fresh).push(trial);
  }
  sweep.fresh.sort(compareWaiting);
  sweep.erred.sort(compareWaiting);
  refreshOpenSweep(state, sweep);
}

function stampWaiting(sweep: Sweep, trial: Trial): void {
  trial.queued = trial.row.erredWorkers.length > 0 ? 'erred' : 'fresh';
  trial.remaining = remainingCost(trial);
  sweep.waitingCost += trial.remaining;
  if (!isPooled(trial)) sweep.soloWaiting += 1;
}

export function dequeue(state: State, sweep: Sweep, trial: Trial): void {
  if (trial.queued === null) return;
  removeSorted(trial.queued === 'erred' ? sweep.erred : sweep.fresh, trial, compareWaiting);
  trial.queued = null;
  if (!isPooled(trial)) sweep.soloWaiting -= 1;
  sweep.waitingCost = waitingTrials(sweep) === 0 ? 0 : sweep.waitingCost - trial.remaining;
  refreshOpenSweep(state, sweep);
}

function waitingTrials(sweep: Sweep): number {
  return sweep.fresh.length + sweep.erred.length;
}

/** Keeps `openSweeps` true after a sweep's queue or state changed. */
export function refreshOpenSweep(state: State, sweep: Sweep): void {
  const open = sweep.row.state === 'running' && waitingTrials(sweep) > 0;
  const byOrder = (a: Sweep, b: Sweep): number => a.order - b.order;
  const index = lowerBound(state.openSweeps, (other) => byOrder(other, sweep));
  const listed = state.openSweeps[index] === sweep;
  if (open && !listed) {
    // Level with the others, whatever it was granted before: nobody makes up for past times, nobody pays for them.
    const level = Math.min(...state.openSweeps.map(({ served }) => served));
    sweep.served = Number.isFinite(level) ? level : 0;
    state.openSweeps.splice(index, 0, sweep);
  }
  if (!open && listed) state.openSweeps.splice(index, 1);
}

/**
 * The trial that a worker should train next, or null. Sweeps take turns: the one that was granted the least work goes
 * first, the earlier submitted one on a tie.
 */
export function chooseTrial(state: State, worker: Worker): Trial | null {
  return choose(state.openSweeps, (sweep) => chooseFrom(state, sweep, worker));
}

/** The same among the trials that one worker trains alone. */
export function chooseSoloTrial(state: State, worker: Worker): Trial | null {
  const open = state.openSweeps.filter(({ soloWaiting }) => soloWaiting > 0);
  return choose(open, (sweep) => {
    const solo = (list: readonly Trial[]): Trial[] => list.filter((trial) => !isPooled(trial));
    return chooseFrom(state, { fresh: solo(sweep.fresh), erred: solo(sweep.erred) }, worker);
  });
}

function choose(sweeps: readonly Sweep[], from: (sweep: Sweep) => Trial | null): Trial | null {
  const byShare = sweeps.length > 1 ? sweeps.toSorted((a, b) => a.served - b.served || a.order - b.order) : sweeps;
  for (const sweep of byShare) {
    const trial = from(sweep);
    if (trial !== null) return trial;
  }
  return null;
}

type Waiting = Pick<Sweep, 'fresh' | 'erred'>;

function chooseFrom(state: State, sweep: Waiting, worker: Worker): Trial | null {
  const fresh = longestFresh(sweep, worker);
  const erred = eligibleErred(state, sweep, worker);
  if (fresh === null || erred === null) return fresh ?? erred;
  return compareWaiting(erred, fresh) > 0 ? erred : fresh;
}

/**
 * Longest-predicted-first within the lowest seed index. A slow machine that so begins a long trial does no harm: a
 * faster one that runs out of work takes it over from its checkpoint, and in simulation this beat every rule that holds
 * long trials back. Among the first few, one whose checkpoint this worker continues bit for bit is preferred.
 */
function longestFresh(sweep: Waiting, worker: Worker): Trial | null {
  const list = sweep.fresh;
  const first = list.at(-1);
  if (first === undefined) return null;
  const end = Math.max(0, list.length - limits.classLookahead);
  for (let at = list.length - 1; at >= end; at -= 1) {
    const trial = list[at]!;
    if (trial.row.seedIndex !== first.row.seedIndex) break;
    if (trial.row.checkpoint === null || trial.row.checkpoint.numericClass === worker.row.numericClass) return trial;
  }
  return first;
}

function eligibleErred(state: State, sweep: Waiting, worker: Worker): Trial | null {
  for (let at = sweep.erred.length - 1; at >= 0; at -= 1) {
    const trial = sweep.erred[at]!;
    if (mayTry(state, trial, worker)) return trial;
  }
  return null;
}

/** A worker that erred on a trial gets it again only where nobody else could take it. */
export function mayTry(state: State, trial: Trial, worker: Worker): boolean {
  const erred = trial.row.erredWorkers;
  if (!erred.includes(worker.row.workerId)) return true;
  for (const workerId of state.trainers) {
    if (erred.includes(workerId)) continue;
    const other = state.workers.get(workerId);
    if (other !== undefined && mayTakeWork(state, other)) return false;
  }
  return true;
}

/** Connected, and asking, at work that moves, or idle for so short a time that its next pull is probably on its way. */
function mayTakeWork(state: State, worker: Worker): boolean {
  if (!worker.connected) return false;
  if (worker.unoccupiedSince !== null) return state.now - worker.unoccupiedSince < limits.eligibleIdleMs;
  if (worker.wants > 0) return true;
  for (const leaseId of worker.leases) {
    const movedAt = state.leases.get(leaseId)?.movedAt ?? -Infinity;
    if (state.now - movedAt < limits.eligibleStallMs) return true;
  }
  return false;
}
