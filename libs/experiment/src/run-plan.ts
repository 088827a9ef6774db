/** What the vectors of a pooled run are computed by, without what reads and checks sweeps: a thread loads it in a twentieth of the time. */
export { localPlan, type LocalPlan } from './local-plan.ts';
export type { DatasetManifest } from './manifest.ts';
export { initialParameters } from './model-parameters.ts';
export { optimizerRule } from './optimizer-rule.ts';
export { microBatchesOf, pooledPlan, roundSpan, type PooledPlan } from './pooled-plan.ts';
export type { ExactSpec, LocalSpec } from './pooled-spec.ts';
export { learningRate } from './schedule.ts';
export type { TrialSpec } from './trial-spec.ts';
