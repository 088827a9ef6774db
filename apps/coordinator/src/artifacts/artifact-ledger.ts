import type { State } from '@gradpool/coordination';
import type { ArtifactRef, Digest } from '@gradpool/protocol';
import { mayGoOn } from '../store/retention.ts';
import type { ArtifactKind as Kind, Store } from '../store/store.ts';
import type { ArtifactStore } from './artifact-store.ts';

export interface LedgerParts {
  readonly store: Pick<Store, 'putArtifact' | 'expiredArtifacts' | 'forgetArtifacts'>;
  readonly artifacts: ArtifactStore;
  readonly state: State;
  /** Digests of all pictures of trials. */
  readonly pictures: ReadonlySet<Digest>;
  readonly clock: () => number;
  /** Everything stepped so far is stored. */
  readonly settled: () => Promise<void>;
  /** Nothing younger is removed: the message that refers to it may still be under way. */
  readonly orphanMs: number;
}

/** Entries of the memory of what is recorded; beyond it, recording again is a harmless write. */
const rememberedMax = 50_000;
/** Files removed in one go. */
const removedMax = 500;

/** Which artifacts the store knows of, and the removal of those that nothing needs any more. */
export class ArtifactLedger {
  private readonly parts: LedgerParts;
  private readonly recorded = new Set<string>();

  constructor(parts: LedgerParts) {
    this.parts = parts;
  }

  /** True where recording it (again) would change nothing. */
  has(kind: Kind, { sha256 }: ArtifactRef): boolean {
    this.parts.artifacts.touch(sha256);
    return this.recorded.has(`${kind} ${sha256}`);
  }

  /** Writes it to the store, which has to know an artifact before a row refers to it. */
  async record(kind: Kind, artifact: ArtifactRef): Promise<void> {
    await this.parts.store.putArtifact({ ...artifact, kind, createdAt: this.parts.clock() });
    if (this.recorded.size >= rememberedMax) this.recorded.clear();
    this.recorded.add(`${kind} ${artifact.sha256}`);
  }

  /** Removes checkpoints of finished trials, superseded ones, and uploads that no message ever named. Returns how many. */
  async removeUnneeded(): Promise<number> {
    const { store, clock, orphanMs } = this.parts;
    await this.parts.settled();
    const expired = await store.expiredArtifacts(clock() - orphanMs, removedMax);
    const needed = this.needed();
    const unneeded = new Set([...expired.map(({ sha256 }) => sha256), ...this.orphans()]);
    const wanted = (sha256: Digest): boolean => needed.has(sha256) || this.parts.pictures.has(sha256);
    const removed = [...unneeded].filter((sha256) => !wanted(sha256)).slice(0, removedMax);
    for (const sha256 of removed) {
      for (const kind of ['weights', 'checkpoint', 'details', 'embedding']) this.recorded.delete(`${kind} ${sha256}`);
    }
    for (const sha256 of removed) await this.parts.artifacts.remove(sha256);
    await store.forgetArtifacts(removed);
    return removed.length;
  }

  private orphans(): Digest[] {
    const before = Date.now() - this.parts.orphanMs;
    return [...this.parts.artifacts.list()].filter(({ usedAt }) => usedAt < before).map(({ sha256 }) => sha256);
  }

  private needed(): Set<Digest> {
    const needed = new Set<Digest>();
    for (const { row } of this.parts.state.trials.values()) {
      if (row.weights) needed.add(row.weights.sha256);
      if (row.details) needed.add(row.details.sha256);
      if (row.checkpoint && mayGoOn.has(row.state)) needed.add(row.checkpoint.artifact.sha256);
    }
    for (const { map } of this.parts.state.embeddings.values()) needed.add(map.sha256);
    return needed;
  }
}
