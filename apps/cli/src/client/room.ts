import type { LeaseView, SweepView, WatchedRoom, WorkerView } from '@gradpool/protocol';

/** Nothing more will happen to the sweep by itself: all trials are settled and its baselines are there. */
export const isSettled = (sweep: SweepView): boolean =>
  sweep.state === 'cancelled' || (sweep.state === 'complete' && sweep.baselinesWaiting === 0);

export const trialTotal = ({ trials }: SweepView): number =>
  trials.waiting +
  trials.running +
  trials.verifying +
  trials.complete +
  trials.pruned +
  trials.failed +
  trials.cancelled;

/** What training makes of a trial; the rest is its check by the evaluator. */
const trainedShare = 0.95;

/** Share of the sweep that is done, 0 to 1, trials under way counted by their progress. */
export function fractionDone(room: WatchedRoom, sweep: SweepView): number {
  const total = trialTotal(sweep);
  if (total === 0) return 0;
  const { waiting, running, verifying } = sweep.trials;
  const best = new Map<string, number>();
  for (const { trialId, kind, sweepId, fraction } of leasesOf(room)) {
    if (kind !== 'train' || trialId === null || sweepId !== sweep.sweepId) continue;
    best.set(trialId, Math.max(best.get(trialId) ?? 0, fraction));
  }
  for (const { trialId, round, rounds } of sweep.pooledRuns) best.set(trialId, round / Math.max(1, rounds));
  const underWay = [...best.values()].reduce((sum, fraction) => sum + fraction, 0);
  const settled = total - waiting - running - verifying;
  return Math.min(1, (settled + trainedShare * (verifying + Math.min(running, underWay))) / total);
}

const leasesOf = (room: WatchedRoom): LeaseView[] => [...room.workers.values()].flatMap((worker) => worker.leases);

const byName = new Intl.Collator('en', { numeric: true });

/** Connected workers in a calm order: those that train by name, then the evaluators. */
export function connectedWorkers(room: WatchedRoom): WorkerView[] {
  const order = (worker: WorkerView) => (worker.kind === 'train' ? 0 : 1);
  return [...room.workers.values()]
    .filter((worker) => worker.connected)
    .sort((a, b) => order(a) - order(b) || byName.compare(a.name, b.name) || (a.workerId < b.workerId ? -1 : 1));
}

/** The sweep to look at: the one asked for, else a running one, else the newest. */
export function focusOf(room: WatchedRoom, wanted: string | null): SweepView | null {
  const sweeps = [...room.sweeps.values()].sort((a, b) => b.createdAt - a.createdAt);
  const asked = sweeps.find((sweep) => sweep.sweepId === wanted);
  if (asked && !isSettled(asked)) return asked;
  return sweeps.findLast((sweep) => sweep.state === 'running') ?? asked ?? sweeps[0] ?? null;
}
