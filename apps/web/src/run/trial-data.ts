import { metricsAnswer, trialView, type TrialView } from '@gradpool/protocol';
import { getJson } from '../app/api.ts';
import type { AttemptPoint } from '../app/curves.ts';
import { useLive } from '../app/use-live.ts';

/** One trial, as it goes on. */
export function useTrial(trialId: string) {
  return useLive<TrialView, TrialView>({
    key: ['trial', trialId],
    fetch: (signal) => getJson(`/api/trials/${encodeURIComponent(trialId)}`, trialView, signal),
    pick: ({ trials }) => trials.filter((trial) => trial.trialId === trialId),
    merge: (old, changed) => changed.at(-1) ?? old,
  });
}

/** Its metric points, of all attempts, as they come in. */
export function useTrialPoints(trialId: string) {
  return useLive<readonly AttemptPoint[], AttemptPoint>({
    key: ['points', trialId],
    fetch: async (signal) => {
      return (await getJson(`/api/trials/${encodeURIComponent(trialId)}/metrics`, metricsAnswer, signal)).points;
    },
    pick: ({ points }) =>
      points.filter((heard) => heard.trialId === trialId).map(({ attempt, point }) => ({ attempt, ...point })),
    merge: (old, heard) => (heard.length === 0 ? old : [...old, ...heard]),
  });
}
