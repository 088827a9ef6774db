export { openBackend, type Backend, type BackendName, type OpenBackendOptions } from './backend.ts';
export { openCodeMap, type CodeMap, type CodeMapOptions } from './code-map.ts';
export type { ClassSeparation } from './class-separation.ts';
export { embedCodes, type Embedding } from './embedding.ts';
export { validateWeights, type ValidatedWeights, type ValidateWeightsOptions } from './validate-weights.ts';
export { embedWeights, type EmbeddedWeights, type EmbedWeightsOptions } from './embed-weights.ts';
export { loadDataset, loadFile, type Dataset } from './dataset.ts';
export { computeBaselines, type Baseline, type BaselineTask, type ComputeBaselinesOptions } from './baselines.ts';
export { evaluateWeights, type EvaluateWeightsOptions } from './evaluation.ts';
export { judgeTrial } from './judge-trial.ts';
export type { Judgement } from './judgement.ts';
export { trainLane, type LaneOptions, type LaneResult } from './lane-round.ts';
export { computeMicroBatches, type MicroBatchesOptions, type MicroBatchesResult } from './micro-batches.ts';
export type { Split } from './judged-images.ts';
export { yieldByTimer, type YieldToLoop } from './pacer.ts';
export type { Preview } from './preview.ts';
export {
  trainTrial,
  type EpochPictures,
  type EpochPoint,
  type TrainingProgress,
  type TrainTrialOptions,
  type TrainTrialResult,
} from './trainer.ts';
export { Interrupted, TrainingError, type Checkpoint, type TrainingErrorCode } from './training-error.ts';
