import type { MetricPoint } from '@gradpool/protocol';
import type { DatasetManifest, TrialSpec } from '@gradpool/experiment';
import type { Backend, OpenBackendOptions, Preview } from '@gradpool/training';
import type { Engine, EngineCheckpoint, EpochPictures } from './engine.ts';
import type { Position } from './lease-progress.ts';

/** Which backend a thread is to open; what differs between platforms it knows by itself. */
export type EngineWish = Pick<OpenBackendOptions, 'candidates' | 'remembered' | 'kernels' | 'softwareGpu'>;

/** A file that many threads can read without a copy on its way: shared memory, or a Blob where there is none. */
export type SharedFile = Uint8Array | Blob;

/** A data set as it is handed to threads; each reads it into its own form. */
export interface SharedDataset {
  readonly digest: string;
  readonly manifest: DatasetManifest;
  /** By SHA-256. */
  readonly files: Readonly<Record<string, SharedFile>>;
}

/** The part of a task that can travel; the rest of it stays on the asking side. */
type TaskOf<
  Method extends
    'evaluateWeights' | 'embedWeights' | 'validateWeights' | 'computeMicroBatches' | 'trainLane' | 'computeBaselines',
> = Omit<Parameters<Engine[Method]>[0], 'dataset' | 'signal' | 'yieldToLoop'>;

export type EngineCall =
  | {
      readonly method: 'trainTrial';
      readonly task: {
        readonly spec: TrialSpec;
        readonly metric: string;
        readonly resume: Uint8Array | null;
        readonly stopAfter: number | undefined;
        /** Whether a preview of the finished weights is wanted. */
        readonly lastPreview: boolean;
      };
    }
  | { readonly method: 'evaluateWeights'; readonly task: TaskOf<'evaluateWeights'> }
  | { readonly method: 'embedWeights'; readonly task: TaskOf<'embedWeights'> }
  | { readonly method: 'validateWeights'; readonly task: TaskOf<'validateWeights'> }
  | { readonly method: 'computeMicroBatches'; readonly task: TaskOf<'computeMicroBatches'> }
  | { readonly method: 'trainLane'; readonly task: TaskOf<'trainLane'> }
  | { readonly method: 'computeBaselines'; readonly task: TaskOf<'computeBaselines'> };

export type EngineAnswers = {
  readonly [Method in EngineCall['method']]: Awaited<ReturnType<Engine[Method]>>;
};

/** What a training says on its way, in `TrainTask`'s words. */
export type TrainingNews =
  | { readonly type: 'progress'; readonly position: Position }
  | { readonly type: 'epoch'; readonly points: readonly MetricPoint[] }
  | { readonly type: 'pictures'; readonly pictures: EpochPictures }
  | { readonly type: 'checkpoint'; readonly checkpoint: EngineCheckpoint }
  | { readonly type: 'preview'; readonly preview: Preview };

/** To a thread. `open` comes first and once; `id` numbers the calls of one thread. */
export type ToEngine =
  | { readonly type: 'open'; readonly wish: EngineWish }
  | { readonly type: 'call'; readonly id: number; readonly dataset: SharedDataset; readonly call: EngineCall }
  /** The next of these is due: a training looks now and then. */
  | { readonly type: 'ask'; readonly id: number; readonly what: 'checkpoint' | 'preview' }
  | { readonly type: 'stop'; readonly id: number }
  /** Share of the thread's time that work may take, above 0, at most 1. */
  | { readonly type: 'power'; readonly share: number };

/** From a thread. Every `call` is answered by one `done` or `failed`, unless the thread dies. */
export type FromEngine =
  | { readonly type: 'opened'; readonly backend: Backend }
  | { readonly type: 'notOpened'; readonly code: string; readonly message: string }
  | { readonly type: 'news'; readonly id: number; readonly news: TrainingNews }
  | { readonly type: 'done'; readonly id: number; readonly answer: EngineAnswers[keyof EngineAnswers] }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      /** Where a stopped training stands. */
      readonly checkpoint: EngineCheckpoint | null;
    };
