import type { AttemptRow, PersistRow, StoredRows } from '@gradpool/coordination';
import type {
  ArtifactRef,
  Digest,
  EpochPicturesView,
  MetricPoint,
  SweepId,
  TrialId,
  WorkerId,
} from '@gradpool/protocol';
import type { StoredLeaderboard } from './leaderboard.ts';

export interface StoredPoint extends MetricPoint {
  readonly trialId: TrialId;
  readonly attempt: number;
}

/** Reconstructions of a trial after an epoch; the bytes are an artifact. */
export interface StoredPictures extends EpochPicturesView {
  readonly trialId: TrialId;
}

export type ArtifactKind = 'weights' | 'checkpoint' | 'details' | 'embedding';

export interface StoredArtifact extends ArtifactRef {
  readonly kind: ArtifactKind;
  readonly createdAt: number;
}

/**
 * The one interface to what is kept. Implementations: memory (tests), Postgres through Prisma (embedded or a server).
 * One contract suite (store.contract.ts) runs on each.
 */
export interface Store {
  /** All rows that the core needs to go on. */
  load(): Promise<StoredRows>;
  /**
   * Upserts all rows in one transaction, the last of each key winning, and in the same transaction brings the
   * leaderboard's aggregates of every cell that gained a complete trial up to date.
   */
  commit(rows: readonly PersistRow[]): Promise<void>;
  /** Ignores points whose key (trial, attempt, epoch, name) is there already. */
  appendPoints(points: readonly StoredPoint[]): Promise<void>;
  points(trialId: TrialId): Promise<readonly StoredPoint[]>;
  /** All attempts at a trial, ended ones too, by number. */
  attempts(trialId: TrialId): Promise<readonly AttemptRow[]>;
  /** Verified trials only; null for an unknown sweep. */
  leaderboard(sweepId: SweepId): Promise<StoredLeaderboard | null>;
  /** Keeps the newest pictures of each (trial, epoch). Rejects for an unknown trial. */
  putPictures(pictures: StoredPictures): Promise<void>;
  /** By epoch. */
  pictures(trialId: TrialId): Promise<readonly StoredPictures[]>;
  /** Of all trials: their files are wanted. */
  pictureDigests(): Promise<readonly Digest[]>;
  putArtifact(artifact: StoredArtifact): Promise<void>;
  /**
   * At most `max` artifacts put before `before` (ms since 1970) that nothing needs any more, oldest first: neither
   * weights, details or maps of a trial nor the newest checkpoint of one that may still be trained on. The caller deletes the files,
   * then forgets them.
   */
  expiredArtifacts(before: number, max: number): Promise<readonly StoredArtifact[]>;
  forgetArtifacts(digests: readonly Digest[]): Promise<void>;
  /** SHA-256 (hex) of a worker's secret; null for an unknown worker. */
  workerSecretHash(workerId: WorkerId): Promise<string | null>;
  putWorkerSecretHash(workerId: WorkerId, hash: string): Promise<void>;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
