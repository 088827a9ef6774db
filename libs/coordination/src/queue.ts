import { coordinationLimits as limits } from './limits.ts';
import { insertSorted, lowerBound, removeSorted } from './sorted.ts';
import { poolSpeed, remainingCost, speedOf } from './speed.ts';
import type { State, Sweep, Trial, Worker } from './state.ts';

/** Best last: lowest seed index, then most work left, then the cell's own order. */
export function compareWaiting(a: Trial, b: Trial): number {
  const bySeed = b.row.seedIndex - a.row.seedIndex;
  if (bySeed !== 0) return bySeed;
  const byWork = a.remaining - b.remaining;
  if (byWork !== 0) return byWork;
  const byCell = b.cell.index - a.cell.index;
  if (byCell !== 0) return byCell;
  return a.row.trialId < b.row.trialId ? 1 : a.row.trialId > b.row.trialId ? -1 : 0;
}

/** Puts a trial, whose row says `waiting`, in line. */
export function enqueue(state: State, sweep: Sweep, trial: Trial): void {
  stampWaiting(sweep, trial);
  insertSorted(trial.queued === 'erred' ? sweep.erred : sweep.fresh, trial, compareWaiting);
  refreshOpenSweep(state, sweep);
}

/** The same for many at once: one sort instead of many insertions. */
export function enqueueAll(state: State, sweep: Sweep, trials: readonly Trial[]): void {
  for (const trial of trials) {
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
}

export function dequeue(state: State, sweep: Sweep, trial: Trial): void {
  if (trial.queued === null) return;
  removeSorted(trial.queued === 'erred' ? sweep.erred : sweep.fresh, trial, compareWaiting);
  trial.queued = null;
  sweep.waitingCost = waitingTrials(sweep) === 0 ? 0 : sweep.waitingCost - trial.remaining;
  refreshOpenSweep(state, sweep);
}

export function waitingTrials(sweep: Sweep): number {
  return sweep.fresh.length + sweep.erred.length;
}

/** Keeps `openSweeps` true after a sweep's queue or state changed. */
export function refreshOpenSweep(state: State, sweep: Sweep): void {
  const open = sweep.row.state === 'running' && waitingTrials(sweep) > 0;
  const byOrder = (a: Sweep, b: Sweep): number => a.order - b.order;
  const index = lowerBound(state.openSweeps, (other) => byOrder(other, sweep));
  const listed = state.openSweeps[index] === sweep;
  if (open && !listed) state.openSweeps.splice(index, 0, sweep);
  if (!open && listed) state.openSweeps.splice(index, 1);
}

/**
 * The trial that a worker should train next, or null. Sweeps share: the one with the fewest live leases goes first,
 * the earlier submitted one on a tie.
 */
export function chooseTrial(state: State, worker: Worker): Trial | null {
  const [only] = state.openSweeps;
  if (only === undefined) return null;
  if (state.openSweeps.length === 1) return chooseFrom(state, only, worker);
  const byShare = state.openSweeps.toSorted((a, b) => a.live - b.live || a.order - b.order);
  for (const sweep of byShare) {
    const trial = chooseFrom(state, sweep, worker);
    if (trial !== null) return trial;
  }
  return null;
}

function chooseFrom(state: State, sweep: Sweep, worker: Worker): Trial | null {
  const fresh = fitting(state, sweep, worker);
  const erred = eligibleErred(state, sweep, worker);
  if (fresh === null || erred === null) return fresh ?? erred;
  return compareWaiting(erred, fresh) > 0 ? erred : fresh;
}

/**
 * Longest-predicted-first, seen from one worker: of the lowest seed index, the longest trial that this worker would
 * finish while the others work off the rest. A slow machine so leaves the longest trials to fast ones; where nothing
 * fits it takes the shortest, since an idle machine helps nobody.
 */
function fitting(state: State, sweep: Sweep, worker: Worker): Trial | null {
  const best = sweep.fresh.at(-1);
  if (best === undefined) return null;
  const pool = poolSpeed(state);
  const speed = speedOf(worker);
  const horizonS = Math.max(
    sweep.waitingCost / Math.max(pool.flopsPerSecond, speed),
    best.remaining / Math.max(pool.fastest, speed),
  );
  const costMax = horizonS * speed;
  const seedIndex = best.row.seedIndex;
  const above = lowerBound(sweep.fresh, (trial) =>
    trial.row.seedIndex !== seedIndex || trial.remaining <= costMax ? -1 : 1,
  );
  const longest = sweep.fresh[above - 1];
  const index = longest !== undefined && longest.row.seedIndex === seedIndex ? above - 1 : above;
  return preferClass(sweep.fresh, index, worker);
}

/** From `index` downward, the first trial whose checkpoint this worker continues bit for bit; else the one at `index`. */
function preferClass(list: readonly Trial[], index: number, worker: Worker): Trial | null {
  const first = list[index];
  if (first === undefined) return null;
  const end = Math.max(0, index - limits.classLookahead + 1);
  for (let at = index; at >= end; at -= 1) {
    const trial = list[at]!;
    if (trial.row.seedIndex !== first.row.seedIndex) break;
    if (trial.row.checkpoint === null || trial.row.checkpoint.numericClass === worker.row.numericClass) return trial;
  }
  return first;
}

function eligibleErred(state: State, sweep: Sweep, worker: Worker): Trial | null {
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

/** Connected, and busy, asking, or idle for so short a time that its next pull is probably on its way. */
export function mayTakeWork(state: State, worker: Worker): boolean {
  if (!worker.connected) return false;
  return worker.unoccupiedSince === null || state.now - worker.unoccupiedSince < limits.eligibleIdleMs;
}
