import type { BackendName, Preview } from '@gradpool/training';
import type { MessageOf, WorkKind } from '@gradpool/protocol';
import type { Identity, LogLevel } from '@gradpool/worker';

/** What the page tells its Web Worker. `start` comes first and once. */
export type ToWorker =
  | { readonly type: 'start'; readonly start: Start }
  | { readonly type: 'pause'; readonly paused: boolean }
  /** Share of the device's time, 0 to 1. */
  | { readonly type: 'power'; readonly share: number }
  | { readonly type: 'rename'; readonly name: string }
  /** Hands the work back, says good-bye and answers `over`. */
  | { readonly type: 'leave' };

export interface Start {
  /** The coordinator's address, without a path. */
  readonly url: string;
  readonly token: string;
  readonly name: string;
  /** Browser and device, for people. */
  readonly platformName: string;
  readonly codeVersion: string;
  readonly identity: Identity | null;
  readonly share: number;
  readonly paused: boolean;
  readonly backend: BackendWish;
  /** Trainings to run at a time, as far as backend and browser allow. */
  readonly engines: number;
}

/** Which numeric backends a worker may open, and what was measured here before. */
export interface BackendWish {
  readonly candidates: readonly BackendName[];
  readonly remembered: KnownBackend | null;
  /** Asked for by name in the page's address: also where the processor imitates the device. */
  readonly forced: boolean;
}

export interface KnownBackend {
  readonly name: BackendName;
  readonly imagesPerSecond: number;
  readonly flopsPerSecond: number;
}

/** What a lease is about, in figures for people. */
export interface Task {
  readonly leaseId: string;
  readonly kind: WorkKind;
  /** `latent 8, noise 0.3, seed 0`. */
  readonly label: string;
  readonly epochs: number;
  /** Whole epochs that others have done before. */
  readonly fromEpoch: number;
}

export interface Moved {
  readonly epoch: number;
  readonly fraction: number;
  readonly loss: number | null;
  readonly imagesPerSecond: number;
}

/** What the Web Worker tells its page; nothing more often than four times a second for each training. */
export type FromWorker =
  | {
      readonly type: 'backend';
      readonly backend: KnownBackend;
      /** Trainings at a time. */
      readonly engines: number;
      readonly report: readonly string[];
    }
  | { readonly type: 'identity'; readonly identity: Identity | null }
  | { readonly type: 'joined'; readonly codeVersion: string }
  | { readonly type: 'lost'; readonly message: string; readonly retryMs: number }
  /** The lesson is over (`ended`), or goes on. */
  | { readonly type: 'room'; readonly state: 'open' | 'ended' }
  | MessageOf<'credited'>
  /** Bytes of data sets still to be fetched; 0 when they are all here. */
  | { readonly type: 'fetching'; readonly bytes: number }
  | { readonly type: 'began'; readonly task: Task }
  | { readonly type: 'moved'; readonly leaseId: string; readonly moved: Moved }
  | { readonly type: 'previewed'; readonly leaseId: string; readonly preview: Preview }
  | {
      readonly type: 'ended';
      readonly leaseId: string;
      readonly how: 'finished' | 'handedBack' | 'dropped' | 'failed';
      readonly failure: Failure | null;
    }
  | { readonly type: 'notKept'; readonly message: string }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  /** The worker has ended: `failure` is null after `leave`. */
  | { readonly type: 'over'; readonly failure: Failure | null };

export interface Failure {
  readonly code: string;
  readonly message: string;
}
