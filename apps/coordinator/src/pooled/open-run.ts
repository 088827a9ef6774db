import type { ExactSpec, LocalPlan, LocalSpec, PooledPlan, TrialSpec } from '@gradpool/experiment';
import type { ArtifactRef, Digest } from '@gradpool/protocol';
import { isOver } from './live-run.ts';
import { isLocalOver, localEpoch, type PublishedRound } from './local-run.ts';
import type { VectorDesk } from './vector-desk.ts';

/** What the coordinator keeps of a pooled run beside its vectors. */
interface AnyMode {
  readonly run: number;
  readonly spec: TrialSpec;
  readonly size: number;
  readonly desk: VectorDesk;
  /** Steps or averages taken. */
  round: number;
  /** That have counted, in local mode. */
  images: number;
  /** Of the parameters as workers have them, when it was last computed. */
  digest: { readonly sha256: Digest; readonly at: number } | null;
  /** Round and time of the last checkpoint. */
  checkpointRound: number;
  checkpointAt: number;
  /** Bytes of the last checkpoint, for the next one: fresh memory would have to be cleared and collected each time, and faults on its pages hold up all threads. */
  stored: Uint8Array | undefined;
}

interface ExactOpenRun extends AnyMode {
  readonly kind: 'exact';
  readonly pooled: ExactSpec;
  readonly plan: PooledPlan;
  /** What workers fetch for the present round where it is too long for the socket. */
  published: ArtifactRef | null;
}

export interface LocalOpenRun extends AnyMode {
  readonly kind: 'local';
  readonly pooled: LocalSpec;
  readonly plan: LocalPlan;
  /** Where vectors are too long for the socket: the newest last; those of earlier rounds for workers that are late. */
  readonly published: PublishedRound[];
}

export type OpenRun = ExactOpenRun | LocalOpenRun;

export const hasEnded = (live: OpenRun): boolean => (live.kind === 'exact' ? isOver(live) : isLocalOver(live));

/** Whole epochs done. */
export const epochOf = (live: OpenRun): number =>
  live.kind === 'local' ? localEpoch(live) : Math.floor(live.round / live.plan.roundsPerEpoch);
