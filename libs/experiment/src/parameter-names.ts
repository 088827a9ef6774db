import { trialSpec } from './trial-spec.ts';

/** Parameters that a sweep file may set: every key of a trial's spec but those that have a place of their own in the file. */
export const parameterNames = Object.keys(trialSpec.shape).filter((name) => name !== 'seed' && name !== 'pooled');
