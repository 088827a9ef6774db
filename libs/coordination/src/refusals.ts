/** Stable codes of everything the core refuses. Public API; SPEC.md says when each is given. */
export const refusalCodes = {
  leaseUnknown: 'E_LEASE_UNKNOWN',
  leaseStale: 'E_LEASE_STALE',
  leaseExpired: 'E_LEASE_EXPIRED',
  leaseSettled: 'E_LEASE_SETTLED',
  leaseReleased: 'E_LEASE_RELEASED',
  outcomeKind: 'E_OUTCOME_KIND',
  sweepPaused: 'E_SWEEP_PAUSED',
  sweepCancelled: 'E_SWEEP_CANCELLED',
  superseded: 'E_SUPERSEDED',
  sweepUnknown: 'E_SWEEP_UNKNOWN',
  sweepEnded: 'E_SWEEP_ENDED',
  sweepPlan: 'E_SWEEP_PLAN',
  limit: 'E_LIMIT',
} as const;

/** Codes that the core itself writes into a trial or an attempt. */
export const trialErrorCodes = {
  claimRejected: 'E_CLAIM_REJECTED',
  weightsUnreadable: 'E_WEIGHTS_UNREADABLE',
  unverifiable: 'E_UNVERIFIABLE',
  workerLost: 'E_WORKER_LOST',
} as const;

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What a refused lease is told; each text ends with what to do. */
export const refusalText: Readonly<Record<string, string>> = {
  [refusalCodes.leaseUnknown]: 'this lease is not known here; drop the work and pull again',
  [refusalCodes.leaseStale]: 'this lease belongs to another worker or has another fencing token; drop the work',
  [refusalCodes.leaseExpired]: 'this lease had no sign of life until its deadline; drop the work and pull again',
  [refusalCodes.leaseSettled]: 'this lease was answered before; nothing is left to do for it',
  [refusalCodes.leaseReleased]: 'this lease was handed back before; drop the work and pull again',
  [refusalCodes.sweepPaused]: 'the sweep is paused; store a checkpoint and release',
  [refusalCodes.sweepCancelled]: 'the sweep is cancelled; drop the work and pull again',
  [refusalCodes.superseded]: 'another worker finished this trial first; drop the work and pull again',
};

export function refusal(code: string): Refusal {
  return { code, message: refusalText[code] ?? code };
}
