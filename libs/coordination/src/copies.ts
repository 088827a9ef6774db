import type { Context } from './context.ts';
import { coordinationLimits as limits } from './limits.ts';
import { mayTry } from './queue.ts';
import { leaseRemainingMs, remainingCost, speedOf } from './speed.ts';
import type { State, TrainLease, Trial, Worker } from './state.ts';
import { grantTraining } from './training.ts';

/**
 * When no trial waits, an idle worker may help to finish: it gets a copy of the running trial that is predicted to end
 * last, from its last checkpoint or from scratch, where it would be clearly done sooner. The first result wins. A copy
 * on a much faster machine is also how the longest trial migrates.
 */
export function speculate(context: Context): void {
  const { state, now } = context;
  if (now < state.speculateAt || state.room.state === 'ended') return;
  state.speculateAt = now + limits.speculateMs;
  if (state.idleTrainers.length === 0 || state.openSweeps.length > 0 || state.liveTraining === 0) return;
  // A run will want its idle workers again in a moment.
  if (state.pools.size > 0) return;
  const candidates = runningAlone(state);
  for (let index = state.idleTrainers.length - 1; index >= 0; index -= 1) {
    if (candidates.length === 0) return;
    const worker = state.idleTrainers[index]!;
    const chosen = candidates.slice(0, limits.copyCandidatesMax).find((candidate) => helps(state, candidate, worker));
    if (chosen === undefined) continue;
    candidates.splice(candidates.indexOf(chosen), 1);
    grantTraining(context, worker, chosen.trial, 'copy');
  }
}

interface Candidate {
  readonly lease: TrainLease;
  readonly trial: Trial;
  readonly remainingMs: number;
}

/** Trials of running sweeps with exactly one lease, the one that will end last first. */
function runningAlone(state: State): Candidate[] {
  const candidates: Candidate[] = [];
  for (const sweep of state.sweeps.values()) {
    if (sweep.row.state !== 'running') continue;
    for (const trialId of sweep.running) {
      const trial = state.trials.get(trialId);
      const [leaseId, second] = trial?.leases ?? [];
      const lease = leaseId === undefined ? undefined : state.leases.get(leaseId);
      if (trial === undefined || second !== undefined || lease?.kind !== 'train' || lease.revoking) continue;
      candidates.push({ lease, trial, remainingMs: leaseRemainingMs(state, lease) });
    }
  }
  return candidates.sort(
    (a, b) => b.remainingMs - a.remainingMs || (a.trial.row.trialId < b.trial.row.trialId ? -1 : 1),
  );
}

function helps(state: State, candidate: Candidate, worker: Worker): boolean {
  const { lease, trial, remainingMs } = candidate;
  if (lease.workerId === worker.row.workerId || !mayTry(state, trial, worker)) return false;
  const copyMs = (1000 * remainingCost(trial)) / speedOf(worker);
  return copyMs * limits.copyAdvantageRatioMin < remainingMs && copyMs + limits.copySavingMsMin < remainingMs;
}
