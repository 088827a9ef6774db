import type { PoolOrder } from '@gradpool/coordination';
import { trialSpec, type DatasetManifest } from '@gradpool/experiment';
import type { KernelModule } from '@gradpool/kernels';
import type { ArtifactRef, TrialId } from '@gradpool/protocol';
import { parameterBytes } from '@gradpool/tensors';
import type { ArtifactLedger } from '../artifacts/artifact-ledger.ts';
import type { HotArtifacts } from '../artifacts/hot-artifacts.ts';
import { Fault } from '../fault.ts';
import type { CoordinatorLimits } from '../limits.ts';
import type { Room } from '../loop/room.ts';
import type { Logger } from '../operations/logger.ts';
import { checkpointOf, isOver, roundStart, startLiveRun, takeRound, type LiveRun } from './live-run.ts';
import type { SumShelf } from './sum-shelf.ts';

export interface PooledRunsParts {
  readonly room: Room;
  readonly artifacts: HotArtifacts;
  readonly ledger: ArtifactLedger;
  readonly sums: SumShelf;
  /** Null where the engine has no SIMD. */
  readonly kernels: KernelModule | null;
  readonly manifest: (digest: string) => DatasetManifest | null;
  readonly limits: Pick<CoordinatorLimits, 'pooledCheckpointMs' | 'pooledCheckpointRounds'>;
  readonly logger: Logger;
  readonly onFatal: (fault: Fault) => void;
}

/** Holds the vectors of the pooled runs and does with them what the core orders, one order of a run after the other. */
export class PooledRuns {
  private readonly parts: PooledRunsParts;
  private readonly live = new Map<TrialId, LiveRun>();
  private readonly tails = new Map<TrialId, Promise<void>>();

  constructor(parts: PooledRunsParts) {
    this.parts = parts;
  }

  carryOut(order: PoolOrder): void {
    const { trialId } = order;
    const before = this.tails.get(trialId) ?? Promise.resolve();
    const tail = before
      .then(() => this.perform(order))
      .catch((error: unknown) => {
        this.fail(order, error);
      });
    this.tails.set(trialId, tail);
    void tail.then(() => {
      if (this.tails.get(trialId) === tail) this.tails.delete(trialId);
    });
  }

  private perform(order: PoolOrder): Promise<void> {
    switch (order.kind) {
      case 'open':
        return this.open(order);
      case 'reduce':
        return this.reduce(order);
      case 'close':
        return this.close(order);
      default:
        return order satisfies never;
    }
  }

  private async open(order: Extract<PoolOrder, { kind: 'open' }>): Promise<void> {
    const { manifest, room, artifacts, kernels, logger } = this.parts;
    const { trialId, run } = order;
    const read = trialSpec.safeParse(order.spec);
    const data = manifest(order.dataset);
    const pooled = read.data?.pooled;
    if (!data || !read.success || !pooled) {
      throw new Fault('E_SPEC', 'the spec or the data set of this pooled trial is not one that this version reads');
    }
    const checkpoint = order.checkpoint && (await artifacts.readWhole(order.checkpoint.sha256));
    if (order.checkpoint && !checkpoint) logger.warn({ trialId }, 'the checkpoint is gone: training from the start');
    const live = startLiveRun({ run, spec: read.data, pooled, manifest: data, checkpoint, kernels, now: room.clock() });
    if (live.plan.rounds === 0) throw new Fault('E_SPLIT_EMPTY', 'the spec leaves no image to train on');
    this.live.set(trialId, live);
    await this.publish(trialId, live, null);
  }

  private async reduce({ trialId, run, round, updates }: Extract<PoolOrder, { kind: 'reduce' }>): Promise<void> {
    const live = this.live.get(trialId);
    if (live?.run !== run || live.round !== round) return;
    const { sums } = this.parts;
    const counted = updates.flatMap(({ sum }) => sums.find(trialId, sum) ?? []);
    if (counted.length < updates.length) {
      throw new Fault('E_INTERNAL', `a screened sum of round ${round} is not there any more`);
    }
    if (!takeRound(live, counted)) {
      throw new Fault('E_NAN_LOSS', `the parameters are not finite after round ${round}; lower learning_rate`);
    }
    sums.clear(trialId);
    const checkpoint = this.checkpointDue(live) ? await this.storeCheckpoint(live) : null;
    await this.publish(trialId, live, checkpoint);
  }

  private async close({ trialId, run, keep }: Extract<PoolOrder, { kind: 'close' }>): Promise<void> {
    const live = this.live.get(trialId);
    if (live?.run !== run) return;
    const checkpoint = keep && live.round > live.checkpointRound ? await this.storeCheckpoint(live) : null;
    this.forget(trialId, live);
    const epoch = Math.floor(live.round / live.plan.roundsPerEpoch);
    if (checkpoint) this.parts.room.loop.accept({ type: 'runClosed', trialId, epoch, checkpoint });
  }

  /** Makes the parameters of the next round ready for the workers, and tells the core. */
  private async publish(trialId: TrialId, live: LiveRun, checkpoint: ArtifactRef | null): Promise<void> {
    const { artifacts, room } = this.parts;
    if (live.published) artifacts.forget(live.published);
    const bytes = parameterBytes(live.vectors.parameters);
    live.published = artifacts.hold(bytes);
    const weights = isOver(live) ? await this.record('weights', bytes) : null;
    const start = roundStart(live, live.published);
    room.loop.accept({ type: 'roundReady', trialId, run: live.run, start, checkpoint, weights });
  }

  private checkpointDue(live: LiveRun): boolean {
    const { limits, room } = this.parts;
    if (isOver(live)) return false;
    const rounds = live.round - live.checkpointRound;
    return rounds >= limits.pooledCheckpointRounds || room.clock() - live.checkpointAt >= limits.pooledCheckpointMs;
  }

  private async storeCheckpoint(live: LiveRun): Promise<ArtifactRef> {
    live.checkpointRound = live.round;
    live.checkpointAt = this.parts.room.clock();
    return this.record('checkpoint', checkpointOf(live));
  }

  /** On disk and known to the store, so that a row may refer to it. */
  private async record(kind: 'weights' | 'checkpoint', bytes: Uint8Array): Promise<ArtifactRef> {
    const ref = await this.parts.artifacts.store(bytes);
    await this.parts.ledger.record(kind, ref);
    return ref;
  }

  private forget(trialId: TrialId, live: LiveRun): void {
    if (live.published) this.parts.artifacts.forget(live.published);
    this.parts.sums.forget(trialId);
    this.live.delete(trialId);
  }

  private fail({ trialId, run }: PoolOrder, error: unknown): void {
    const { room, logger, onFatal } = this.parts;
    const fault = error instanceof Fault ? error : new Fault('E_INTERNAL', String(error), { cause: error });
    logger.error({ err: error, trialId }, 'a pooled run failed');
    // As with any failed write, going on would promise what is not stored.
    if (fault.code === 'E_DISK_FULL') return onFatal(fault);
    const live = this.live.get(trialId);
    if (live?.run === run) this.forget(trialId, live);
    room.loop.accept({ type: 'runFailed', trialId, run, code: fault.code, message: fault.message });
  }
}
