import { trialSpec, type TrialSpec } from '@gradpool/experiment';
import type { CheckpointRef, Digest, MetricPoint, Outcome, RungFigure, SpecJson, Work } from '@gradpool/protocol';
import type { Preview } from '@gradpool/training';
import type { Engine, EpochPictures, WorkerBackend } from './engine.ts';
import type { Position } from './lease-progress.ts';
import type { LaneShelf } from './lane-shelf.ts';
import type { ParameterShelf } from './parameter-shelf.ts';
import type { Transfer } from './transfer.ts';
import { WorkError } from './work-error.ts';

/** What all leases of one worker share. */
export interface Workshop<Dataset> extends Transfer {
  readonly engine: Engine<Dataset>;
  readonly backend: WorkerBackend;
  readonly dataset: (digest: Digest, signal: AbortSignal) => Promise<Dataset>;
  readonly parameters: ParameterShelf;
  readonly lanes: LaneShelf;
  /** For provenance: the id under which the coordinator knows this worker. */
  readonly workerId: () => string;
}

/** The two ways in which the work of a lease can be stopped, and what it may say on its way. */
export interface LeaseCalls {
  /** Stop computing; state may still be stored. Also aborted whenever `drop` is. */
  readonly stop: AbortSignal;
  /** Stop everything: nobody wants the result any more. */
  readonly drop: AbortSignal;
  moved(position: Position): void;
  epochEnded(points: readonly MetricPoint[]): void;
  pictured(pictures: EpochPictures): void;
  checkpointStored(checkpoint: CheckpointRef): void;
  /** `last`: the weights will not change any more. */
  previewDue(last: boolean): boolean;
  previewed(preview: Preview): void;
}

/** What a lease came to, and the vector that goes ahead of it over the socket where there is one. */
export interface Answer {
  readonly outcome: Outcome;
  readonly vector: Uint8Array | null;
}

/** How the work of a lease ended, unless it threw. */
export type LeaseEnd =
  | ({ readonly type: 'finished' } & Answer)
  /** `rung`: it stopped where the work asked for it. */
  | { readonly type: 'handedBack'; readonly checkpoint: CheckpointRef | null; readonly rung?: RungFigure };

export type WorkOf<Kind extends Work['kind']> = Extract<Work, { kind: Kind }>;

/** The spec as this worker's experiment lib reads it; E_SPEC names the field that does not fit. */
export function readSpec(json: SpecJson): TrialSpec {
  const parsed = trialSpec.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new WorkError(
    'E_SPEC',
    `trial spec: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
  );
}
