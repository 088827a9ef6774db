import { metricsAnswer, trialView, type TrialId, type TrialView } from '@gradpool/protocol';
import { getJson } from '../app/api.ts';
import type { AttemptPoint } from '../app/curves.ts';
import type { Changes } from '../app/live-room.ts';
import { useLive } from '../app/use-live.ts';

export interface ComparedRun {
  readonly trial: TrialView;
  readonly points: readonly AttemptPoint[];
}

type Runs = readonly ComparedRun[];

/** The runs of an address, in its order, as they go on. */
export function useComparedRuns(trialIds: readonly TrialId[]) {
  return useLive<Runs, Pick<Changes, 'trials' | 'points'>>({
    key: ['compare', ...trialIds],
    fetch: (signal) => Promise.all(trialIds.map((trialId) => fetchRun(trialId, signal))),
    pick: ({ trials, points }) => {
      const wanted = new Set<string>(trialIds);
      const ours = {
        trials: trials.filter(({ trialId }) => wanted.has(trialId)),
        points: points.filter(({ trialId }) => wanted.has(trialId)),
      };
      return ours.trials.length + ours.points.length > 0 ? [ours] : [];
    },
    merge: (runs, heard) => heard.reduce(withChanges, runs),
    enabled: trialIds.length > 0,
  });
}

async function fetchRun(trialId: TrialId, signal: AbortSignal): Promise<ComparedRun> {
  const [trial, { points }] = await Promise.all([
    getJson(`/api/trials/${trialId}`, trialView, signal),
    getJson(`/api/trials/${trialId}/metrics`, metricsAnswer, signal),
  ]);
  return { trial, points };
}

function withChanges(runs: Runs, { trials, points }: Pick<Changes, 'trials' | 'points'>): Runs {
  return runs.map((run) => {
    const { trialId } = run.trial;
    const added = points.filter((heard) => heard.trialId === trialId);
    return {
      trial: trials.findLast((trial) => trial.trialId === trialId) ?? run.trial,
      points: [...run.points, ...added.map(({ attempt, point }) => ({ attempt, ...point }))],
    };
  });
}
