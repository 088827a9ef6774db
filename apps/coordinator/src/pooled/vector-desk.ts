import { createHash } from 'node:crypto';
import type { DatasetManifest, PooledSpec, TrialSpec } from '@gradpool/experiment';
import type { KernelModule } from '@gradpool/kernels';
import type { Digest } from '@gradpool/protocol';
import { gradientFractionBits, parameterBytes } from '@gradpool/tensors';
import type { NamedBytes } from '../artifacts/hot-artifacts.ts';
import { checkpointOf, startLiveRun, takeRound, type LiveRun } from './live-run.ts';
import { localCheckpoint, nextChange, startLocalRun, takeChanges, type Change, type LocalRun } from './local-run.ts';

/** All that is ever done with the vectors of one pooled run. Arguments and results can be sent between threads. */
export interface VectorTasks {
  /**
   * Exact mode: of the mean gradient in a packed sum over `terms` micro-batches; null for a sum that is no whole number somewhere, or larger
   * than they can be. Local mode: of an encoded change; null where it is not finite.
   */
  norm(bytes: Uint8Array, terms: number): number | null;
  /** Exact mode: adds the screened sums of the present round and takes the step. */
  takeSums(sums: readonly Uint8Array[]): Standing;
  /** Local mode: takes the step along the mean of the changes, by the `share` that they are of a whole round. */
  takeChanges(changes: readonly Change[], share: number): Standing;
  /** Lasting parameters are written over `into` where that is as long. */
  show(wanted: Wanted, into?: Uint8Array): Shown;
  /** Written over `into` where that is as long; a thread takes its memory over. */
  checkpoint(into?: Uint8Array): NamedBytes;
}

/** Where a run stands after a round. */
export interface Standing {
  /** Steps or averages taken. */
  readonly round: number;
  /** That have counted; 0 in exact mode, where the round tells. */
  readonly images: number;
  /** Whether all parameters are finite. */
  readonly finite: boolean;
}

/** What is to be shown. */
export interface Wanted {
  /** Local mode: what workers lack since it was last asked for, which they then have. */
  readonly change: boolean;
  /** The digests of the parameters and of the change. */
  readonly digests: boolean;
  /** Parameters that stay as they are for good. Others may be a view of those at work, or be written over once the next ones are shown. */
  readonly lasting: boolean;
  /** What has been learnt in full, which in local mode is not what workers have. */
  readonly full: boolean;
}

/** Little-endian float32; the change as its codec has it. */
export interface Shown {
  /** As workers have them. */
  readonly parameters: MaybeNamed;
  readonly change: MaybeNamed | null;
  readonly full: NamedBytes | null;
}

export interface MaybeNamed {
  readonly bytes: Uint8Array;
  readonly sha256: Digest | null;
}

/** A run's vectors, in place or in a thread of their own. Tasks are done in the order in which they are asked for. */
export type VectorDesk = {
  readonly [Task in keyof VectorTasks]: (
    ...args: Parameters<VectorTasks[Task]>
  ) => ReturnType<VectorTasks[Task]> | Promise<ReturnType<VectorTasks[Task]>>;
} & {
  /** Where the run stood when the desk was opened. */
  readonly opened: Standing;
  readonly close: () => void;
};

export interface DeskSource {
  readonly spec: TrialSpec;
  readonly pooled: PooledSpec;
  readonly manifest: DatasetManifest;
  readonly checkpoint: Uint8Array | null;
}

/** The desk in this very thread: what it is asked for is there at once. `kernels`: null where the engine has no SIMD. */
export function openDesk(source: DeskSource, kernels: KernelModule | null): VectorTasks & VectorDesk {
  const { pooled } = source;
  return pooled.mode === 'exact'
    ? exactDesk(startLiveRun({ ...source, pooled, kernels }))
    : localDesk(startLocalRun({ ...source, pooled, kernels }));
}

function exactDesk(live: LiveRun): VectorTasks & VectorDesk {
  const { vectors } = live;
  const standing = (finite: boolean): Standing => ({ round: live.round, images: 0, finite });
  return {
    opened: standing(true),
    norm(bytes, terms) {
      const squares = vectors.squares(bytes, terms);
      return squares === null ? null : Math.sqrt(squares) / (terms * 2 ** gradientFractionBits);
    },
    takeSums: (sums) => standing(takeRound(live, sums)),
    takeChanges: () => wrongMode('exact'),
    show: (wanted, into) => show({ shown: vectors.parameters, full: vectors.parameters, change: null, into }, wanted),
    checkpoint: (into) => named(checkpointOf(live, into)),
    close: () => undefined,
  };
}

function localDesk(live: LocalRun): VectorTasks & VectorDesk {
  const { vectors } = live;
  const standing = (finite: boolean): Standing => ({ round: live.round, images: live.images, finite });
  return {
    opened: standing(true),
    norm(bytes) {
      const norm = vectors.norm(bytes);
      return Number.isFinite(norm) ? norm : null;
    },
    takeSums: () => wrongMode('local'),
    takeChanges: (changes, share) => standing(takeChanges(live, changes, share)),
    show(wanted, into) {
      const change = wanted.change ? nextChange(live) : null;
      return show({ shown: vectors.shown, full: vectors.parameters, change, into }, wanted);
    },
    checkpoint: (into) => named(localCheckpoint(live, into)),
    close: () => undefined,
  };
}

interface Showable {
  readonly shown: Float32Array;
  readonly full: Float32Array;
  readonly change: Uint8Array | null;
  readonly into: Uint8Array | undefined;
}

function show({ shown, full, change, into }: Showable, { digests, lasting, full: wantsFull }: Wanted): Shown {
  const maybeNamed = (bytes: Uint8Array): MaybeNamed => (digests ? named(bytes) : { bytes, sha256: null });
  const parameters = parameterBytes(shown);
  return {
    parameters: maybeNamed(lasting ? copyOf(parameters, into) : parameters),
    change: change && maybeNamed(change),
    full: wantsFull ? named(parameterBytes(full).slice()) : null,
  };
}

function copyOf(bytes: Uint8Array, into: Uint8Array | undefined): Uint8Array {
  if (into?.length !== bytes.length) return bytes.slice();
  into.set(bytes);
  return into;
}

const named = (bytes: Uint8Array): NamedBytes => ({
  bytes,
  sha256: createHash('sha256').update(bytes).digest('hex') as Digest,
});

function wrongMode(mode: PooledSpec['mode']): never {
  throw new TypeError(`a run in ${mode} mode was ordered what only the other mode has`);
}
