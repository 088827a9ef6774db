import type { TrialState } from '@gradpool/protocol';

/** States from which a trial may still be trained on, so that its newest checkpoint is wanted. */
export const mayGoOn: ReadonlySet<TrialState> = new Set(['waiting', 'running', 'verifying', 'cancelled']);
