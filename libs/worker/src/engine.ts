import type { BaselineTask, BaselineValue, MetricPoint } from '@gradpool/protocol';
import type { DatasetFile, DatasetManifest, TrialSpec } from '@gradpool/experiment';
import type {
  EmbeddedWeights,
  LaneOptions,
  LaneResult,
  MicroBatchesOptions,
  MicroBatchesResult,
  Judgement,
  Preview,
  ValidatedWeights,
} from '@gradpool/training';
import type { Position } from './lease-progress.ts';

/** What `hello` says of the numeric backend. */
export interface WorkerBackend {
  readonly name: string;
  readonly numericClass: string;
  /** Measured: floating-point operations per second of a training step. */
  readonly flopsPerSecond: number;
}

/** State to go on from elsewhere: whole epochs done, and bytes that only the engine reads. */
export interface EngineCheckpoint {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

/** Reconstructions after an epoch, [images, height, width, channels] as bytes. */
export interface EpochPictures {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

export interface TrainTask<Dataset> {
  readonly spec: TrialSpec;
  /** The figure that the score is. */
  readonly metric: string;
  readonly dataset: Dataset;
  readonly resume: Uint8Array | null;
  readonly signal: AbortSignal;
  /** Stops after this epoch as if it were aborted there. */
  readonly stopAfter?: number | undefined;
  onProgress(position: Position): void;
  onEpoch(points: readonly MetricPoint[]): void;
  onPictures(pictures: EpochPictures): void;
  checkpointDue(): boolean;
  onCheckpoint(checkpoint: EngineCheckpoint): void;
  /** Asked now and then; where it says true, `onPreview` gets a preview. */
  previewDue(last: boolean): boolean;
  onPreview(preview: Preview): void;
  yieldToLoop(): Promise<void>;
}

export interface Trained {
  readonly weights: Float32Array;
  readonly score: number;
  /** Figures that only the one who trained can tell. */
  readonly measures: Readonly<Record<string, number>>;
  readonly validationMse: number | null;
  /** Epochs of the whole run: fewer than its spec's where it stopped early. */
  readonly epochs: number;
  /** Pictures trained on in this stretch. */
  readonly images: number;
}

/**
 * What a worker computes, as @gradpool/training does it. Tests put a small one in its place. An aborted `trainTrial`
 * rejects with an error that carries `checkpoint: EngineCheckpoint | null`.
 */
export interface Engine<Dataset = unknown> {
  loadDataset(manifest: DatasetManifest, read: (file: DatasetFile) => Promise<Uint8Array>): Promise<Dataset>;
  trainTrial(task: TrainTask<Dataset>): Promise<Trained>;
  evaluateWeights(task: {
    readonly spec: TrialSpec;
    readonly dataset: Dataset;
    readonly weights: Float32Array;
    readonly signal: AbortSignal;
    readonly yieldToLoop: () => Promise<void>;
  }): Promise<Judgement>;
  embedWeights(task: {
    readonly spec: TrialSpec;
    readonly dataset: Dataset;
    readonly weights: Float32Array;
    readonly signal: AbortSignal;
    readonly yieldToLoop: () => Promise<void>;
  }): Promise<EmbeddedWeights>;
  validateWeights(task: {
    readonly spec: TrialSpec;
    readonly dataset: Dataset;
    readonly weights: Float32Array;
    /** After which they are so. */
    readonly epoch: number;
    readonly signal: AbortSignal;
    readonly yieldToLoop: () => Promise<void>;
  }): Promise<ValidatedWeights>;
  computeMicroBatches(
    task: Omit<MicroBatchesOptions, 'dataset'> & { readonly dataset: Dataset },
  ): Promise<MicroBatchesResult>;
  trainLane(task: Omit<LaneOptions, 'dataset'> & { readonly dataset: Dataset }): Promise<LaneResult>;
  computeBaselines(task: {
    readonly dataset: Dataset;
    readonly tasks: readonly BaselineTask[];
    readonly signal: AbortSignal;
    readonly yieldToLoop: () => Promise<void>;
  }): Promise<readonly BaselineValue[]>;
}
