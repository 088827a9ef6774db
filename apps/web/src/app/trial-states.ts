import type { TrialState } from '@gradpool/protocol';

/** A trial's state for people: early termination prunes, which is a word of its papers. */
export const stateWords: Readonly<Record<TrialState, string>> = {
  waiting: 'waiting',
  running: 'running',
  verifying: 'verifying',
  complete: 'complete',
  pruned: 'stopped early',
  failed: 'failed',
  cancelled: 'cancelled',
};
