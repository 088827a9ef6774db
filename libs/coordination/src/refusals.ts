/** A `code` of the protocol's table where it crosses the socket; `message` says what was wrong and what to do. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Why a lease is gone. */
export type LeaseEnd = 'settled' | 'released' | 'expired' | 'cancelled' | 'superseded' | 'late';

/** Public codes of everything the core refuses or revokes. SPEC.md says when each is given. */
export const refusalCodes = {
  leaseUnknown: 'E_LEASE_UNKNOWN',
  leaseExpired: 'E_LEASE_EXPIRED',
  leaseStale: 'E_LEASE_STALE',
  leaseOwner: 'E_LEASE_OWNER',
  outcomeKind: 'E_OUTCOME_KIND',
  copyFinished: 'E_COPY_FINISHED',
  roundStale: 'E_ROUND_STALE',
  sweepPaused: 'E_SWEEP_PAUSED',
  roundWaits: 'E_ROUND_WAITS',
  sweepCancelled: 'E_SWEEP_CANCELLED',
  sweepUnknown: 'E_SWEEP_UNKNOWN',
  sweepEnded: 'E_SWEEP_ENDED',
  sweepPlan: 'E_SWEEP_PLAN',
  sweepLimit: 'E_SWEEP_LIMIT',
  trialOpen: 'E_TRIAL_OPEN',
  embeddingLimit: 'E_EMBEDDING_LIMIT',
  embeddingFailed: 'E_EMBEDDING_FAILED',
} as const;

/** Codes that the core itself writes into a trial or an attempt. */
export const trialErrorCodes = {
  claimRejected: 'E_CLAIM',
  weightsUnreadable: 'E_WEIGHTS_UNREADABLE',
  unverifiable: 'E_UNVERIFIABLE',
  workerLost: 'E_WORKER_LOST',
  collapsed: 'E_COLLAPSED',
} as const;

/** The answer to whoever names a lease that is gone. */
export const leaseEnds: Readonly<Record<LeaseEnd, Refusal>> = {
  settled: {
    code: refusalCodes.leaseUnknown,
    message: 'this lease was answered before; nothing is left to do for it, pull again',
  },
  released: {
    code: refusalCodes.leaseUnknown,
    message: 'this lease was handed back before; drop the work and pull again',
  },
  expired: {
    code: refusalCodes.leaseExpired,
    message: 'this lease had no sign of life until its deadline; drop the work and pull again',
  },
  cancelled: {
    code: refusalCodes.sweepCancelled,
    message: 'the sweep is cancelled; drop the work and pull again',
  },
  superseded: {
    code: refusalCodes.copyFinished,
    message: 'another worker finished this trial first; drop the work and pull again',
  },
  late: {
    code: refusalCodes.roundStale,
    message: 'the rounds have gone on too far for this change to count; drop the work and pull again',
  },
};

export const unknownLease: Refusal = {
  code: refusalCodes.leaseUnknown,
  message: 'this lease is not known here; drop the work and pull again',
};

export const staleLease: Refusal = {
  code: refusalCodes.leaseStale,
  message: 'this fencing token is not the one of the lease; drop the work and pull again',
};

export const foreignLease: Refusal = {
  code: refusalCodes.leaseOwner,
  message: 'this lease belongs to another worker; drop the work and pull again',
};

export const pausedLease: Refusal = {
  code: refusalCodes.sweepPaused,
  message: 'the sweep is paused; store a checkpoint and release',
};

export const yieldedLease: Refusal = {
  code: refusalCodes.roundWaits,
  message: 'a pooled round has work for this worker; store a checkpoint and release, the trial goes on later',
};
