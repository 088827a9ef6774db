import { trialId, type TrialId } from '@gradpool/protocol';

/** Runs in one plot: more lines than that cannot be told apart. */
export const comparedTrialsMax = 24;

export const comparePath = (trialIds: readonly string[]): string =>
  `/compare?trials=${trialIds.slice(0, comparedTrialsMax).join(',')}`;

/** The trials that an address asks to compare, each once; what is no id is left out. */
export function comparedTrials(search: URLSearchParams): TrialId[] {
  const ids = (search.get('trials') ?? '').split(',').flatMap((text) => trialId.safeParse(text).data ?? []);
  return [...new Set(ids)].slice(0, comparedTrialsMax);
}
