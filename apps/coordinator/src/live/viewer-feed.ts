import type { Effect } from '@gradpool/coordination';
import type { LeaderboardRow, MessageOf, RoomStats, SweepId, TrialId, WorkerId } from '@gradpool/protocol';
import type { CoordinatorLimits } from '../limits.ts';
import type { Room } from '../loop/room.ts';
import type { Store, StoredPictures, StoredPoint } from '../store/store.ts';
import { withProvenance } from '../sweeps/ranking.ts';
import type { Connection } from './connection.ts';
import { changesFrames, snapshotFrames } from './frame-split.ts';

type Changes = MessageOf<'changes'>;

export interface FeedParts {
  readonly room: Room;
  readonly store: Pick<Store, 'leaderboard'>;
  readonly stats: () => RoomStats;
  readonly limits: CoordinatorLimits;
  readonly onError: (error: unknown) => void;
}

interface Viewer {
  readonly version: number;
  /** Missed some changes: gets a snapshot as soon as its socket has drained. */
  behind: boolean;
}

/** What viewers see: a snapshot, then what changed, gathered and sent at most every `changesMs`, encoded once for all. */
export class ViewerFeed {
  private readonly parts: FeedParts;
  private readonly viewers = new Map<Connection, Viewer>();
  private readonly sweeps = new Set<SweepId>();
  private readonly trials = new Set<TrialId>();
  private readonly workers = new Set<WorkerId>();
  private readonly ranked = new Set<SweepId>();
  private readonly rankings = new Map<SweepId, Map<string, string>>();
  private readonly newPoints: Changes['points'] = [];
  private readonly newPictures: Changes['pictures'] = [];
  private readonly newCells: Changes['cells'] = [];
  private crowdAt = -Infinity;
  private estimatedAt = -Infinity;
  private reading = false;
  private readAt = 0;
  private statsSent = '';

  constructor(parts: FeedParts) {
    this.parts = parts;
  }

  get size(): number {
    return this.viewers.size;
  }

  /** The snapshot leaves once all that it shows is stored. */
  add(connection: Connection, version: number): void {
    this.viewers.set(connection, { version, behind: false });
    this.sendSnapshot(connection, version);
  }

  remove(connection: Connection): void {
    this.viewers.delete(connection);
    if (this.viewers.size === 0) this.forget();
  }

  /** Notes a change of which the core told (its rows are stored by now). */
  changed(effect: Extract<Effect, { type: 'changed' }>): void {
    if (this.viewers.size === 0) return;
    switch (effect.entity) {
      case 'sweep':
        return void this.sweeps.add(effect.id);
      case 'worker':
        return void this.workers.add(effect.id);
      case 'trial':
        this.trials.add(effect.id);
        return this.noteRanking(effect.id);
      case 'baselines':
        return this.noteBaselines(effect.id);
      default:
        return effect satisfies never;
    }
  }

  points(points: readonly StoredPoint[]): void {
    if (this.viewers.size === 0) return;
    for (const { trialId, attempt, ...point } of points) this.newPoints.push({ trialId, attempt, point });
    const over = this.newPoints.length - this.parts.limits.viewerPointsMax;
    if (over > 0) this.newPoints.splice(0, over);
  }

  /** Tells of pictures that are stored. */
  pictures(pictures: StoredPictures): void {
    if (this.viewers.size === 0) return;
    this.newPictures.push(pictures);
    if (this.newPictures.length > this.parts.limits.viewerPointsMax) this.newPictures.shift();
  }

  /** Sends what has gathered; called every `changesMs`. */
  flush(): void {
    if (this.viewers.size === 0) return;
    this.readRankings();
    for (const [connection, viewer] of this.viewers) {
      if (viewer.behind && connection.bufferedBytes === 0) {
        viewer.behind = false;
        this.sendSnapshot(connection, viewer.version);
      }
    }
    this.noteEstimates();
    const changes = this.gather();
    if (changes) this.broadcast(changesFrames(changes));
  }

  private broadcast(frames: readonly Uint8Array[]): void {
    const { limits, room } = this.parts;
    room.loop.afterStored(() => {
      for (const [connection, viewer] of this.viewers) {
        if (connection.bufferedBytes > limits.viewerOutgoingBytesMax) viewer.behind = true;
        if (!viewer.behind) for (const frame of frames) connection.sendBytes(frame);
      }
    });
  }

  private sendSnapshot(connection: Connection, version: number): void {
    const { room, stats, limits } = this.parts;
    const [sweeps, workers] = [room.sweeps().slice(-limits.snapshotSweepsMax), room.workers()];
    const frames = snapshotFrames({ type: 'snapshot', version, sweeps, workers, stats: stats() });
    room.loop.afterStored(() => frames.forEach((frame) => connection.sendBytes(frame)));
  }

  /** Null where nothing has changed. */
  private gather(): Changes | null {
    const { room, stats } = this.parts;
    const changes: Changes = {
      type: 'changes',
      sweeps: take(this.sweeps).flatMap((id) => room.sweep(id) ?? []),
      workers: this.takeWorkers().flatMap((id) => room.worker(id) ?? []),
      trials: take(this.trials).flatMap((id) => room.trial(id) ?? []),
      cells: this.newCells.splice(0),
      points: this.newPoints.splice(0),
      pictures: this.newPictures.splice(0),
      stats: stats(),
    };
    const { type: _type, stats: now, ...lists } = changes;
    const statsText = JSON.stringify({ ...now, uptimeMs: 0 });
    if (Object.values(lists).every((list) => list.length === 0) && statsText === this.statsSent) return null;
    this.statsSent = statsText;
    return changes;
  }

  /** Each worker's row changes with each word of progress: those of a crowd go out less often, or they would fill the network. */
  private takeWorkers(): WorkerId[] {
    const { room, limits } = this.parts;
    const now = room.clock();
    if (this.workers.size > limits.crowdMin && now - this.crowdAt < limits.crowdMs) return [];
    this.crowdAt = now;
    return take(this.workers);
  }

  /** A sweep's row changes when one of its trials does; what is left of a long trial shrinks all the time. */
  private noteEstimates(): void {
    const { room, limits } = this.parts;
    const now = room.clock();
    if (this.workers.size === 0 || now - this.estimatedAt < limits.estimateMs) return;
    this.estimatedAt = now;
    for (const [id, { counts }] of room.state.sweeps) if (counts.running > 0) this.sweeps.add(id);
  }

  private noteRanking(id: TrialId): void {
    const row = this.parts.room.state.trials.get(id)?.row;
    if (row?.state === 'complete') this.ranked.add(row.sweepId);
  }

  private noteBaselines(dataset: string): void {
    for (const [id, { row }] of this.parts.room.state.sweeps) if (row.dataset === dataset) this.sweeps.add(id);
  }

  /** Reads the rankings of sweeps with newly verified trials, one read at a time, in the background. */
  private readRankings(): void {
    const now = this.parts.room.clock();
    if (this.reading || this.ranked.size === 0 || now - this.readAt < this.parts.limits.rankingMs) return;
    this.reading = true;
    this.readAt = now;
    void this.readEach(take(this.ranked))
      .catch(this.parts.onError)
      .finally(() => {
        this.reading = false;
      });
  }

  private async readEach(sweeps: readonly SweepId[]): Promise<void> {
    for (const sweepId of sweeps) {
      const found = await this.parts.store.leaderboard(sweepId);
      if (found) this.noteRows(sweepId, withProvenance(this.parts.room.state, found).rows);
    }
  }

  private noteRows(sweepId: SweepId, rows: readonly LeaderboardRow[]): void {
    const shown = this.rankings.get(sweepId) ?? new Map<string, string>();
    this.rankings.set(sweepId, shown);
    for (const row of rows) {
      const text = JSON.stringify(row);
      if (shown.get(row.cellId) === text) continue;
      shown.set(row.cellId, text);
      this.newCells.push({ sweepId, row });
    }
  }

  private forget(): void {
    for (const gathered of [this.sweeps, this.trials, this.workers, this.ranked, this.rankings]) gathered.clear();
    this.newPoints.length = 0;
    this.newPictures.length = 0;
    this.newCells.length = 0;
  }
}

function take<T>(set: Set<T>): T[] {
  const all = [...set];
  set.clear();
  return all;
}
