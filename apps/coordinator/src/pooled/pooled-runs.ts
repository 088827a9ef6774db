import type { PoolOrder } from '@gradpool/coordination';
import { trialSpec, type DatasetManifest } from '@gradpool/experiment';
import type { KernelModule } from '@gradpool/kernels';
import { wireLimits, type ArtifactRef, type Digest, type TrialId } from '@gradpool/protocol';
import { parameterBytes } from '@gradpool/tensors';
import type { ArtifactLedger } from '../artifacts/artifact-ledger.ts';
import type { HotArtifacts } from '../artifacts/hot-artifacts.ts';
import { Fault } from '../fault.ts';
import type { CoordinatorLimits } from '../limits.ts';
import type { Room } from '../loop/room.ts';
import type { Logger } from '../operations/logger.ts';
import type { DeltaShelf } from './delta-shelf.ts';
import { checkpointOf, isOver, roundStart, startLiveRun, takeRound, type LiveRun } from './live-run.ts';
import {
  isLocalOver,
  localCheckpoint,
  localEpoch,
  localRoundStart,
  nextChange,
  startLocalRun,
  takeChanges,
  type LocalRun,
} from './local-run.ts';
import { noteRound, startEpochLoss, type EpochLoss } from './epoch-loss.ts';
import type { ParameterFeed } from './parameter-feed.ts';
import type { RunTraffic } from './run-traffic.ts';
import type { StoredPoint } from '../store/store.ts';
import type { SumShelf } from './sum-shelf.ts';

export interface PooledRunsParts {
  readonly room: Room;
  readonly artifacts: HotArtifacts;
  readonly ledger: ArtifactLedger;
  readonly sums: SumShelf;
  readonly deltas: DeltaShelf;
  readonly feed: ParameterFeed;
  /** Null where the engine has no SIMD. */
  readonly kernels: KernelModule | null;
  readonly manifest: (digest: string) => DatasetManifest | null;
  readonly limits: Pick<CoordinatorLimits, 'pooledCheckpointMs' | 'pooledCheckpointRounds' | 'pooledDigestMs'>;
  readonly traffic: RunTraffic;
  /** Points of a whole epoch. */
  readonly onEpoch: (points: readonly StoredPoint[]) => void;
  readonly logger: Logger;
  readonly onFatal: (fault: Fault) => void;
}

type AnyRun = LiveRun | LocalRun;
/** Those of a live run; what is held for validation may outlive it. */
type RunOrder = Exclude<PoolOrder, { kind: 'forget' }>;

/** Rounds of local mode whose parameters stay there for workers that are late. */
const publishedRoundsMax = 4;

/** Holds the vectors of the pooled runs and does with them what the core orders, one order of a run after the other. */
export class PooledRuns {
  private readonly parts: PooledRunsParts;
  private readonly live = new Map<TrialId, AnyRun>();
  private readonly losses = new Map<TrialId, EpochLoss>();
  /** Epochs of live runs whose parameters were told for validation, or that were over when the run was opened. */
  private readonly epochsTold = new Map<TrialId, number>();
  private readonly tails = new Map<TrialId, Promise<void>>();

  constructor(parts: PooledRunsParts) {
    this.parts = parts;
  }

  carryOut(order: PoolOrder): void {
    if (order.kind === 'forget') return this.parts.artifacts.forget(order.parameters);
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

  private perform(order: RunOrder): Promise<void> {
    switch (order.kind) {
      case 'open':
        return this.open(order);
      case 'reduce':
        return this.reduce(order);
      case 'average':
        return this.average(order);
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
    const source = { run, spec: read.data, manifest: data, checkpoint, kernels, now: room.clock() };
    const live = pooled.mode === 'exact' ? startLiveRun({ ...source, pooled }) : startLocalRun({ ...source, pooled });
    if (live.plan.images === 0) throw new Fault('E_SPLIT_EMPTY', 'the spec leaves no image to train on');
    this.live.set(trialId, live);
    this.losses.set(trialId, startEpochLoss(epochOf(live), room.clock()));
    this.epochsTold.set(trialId, epochOf(live));
    this.parts.traffic.open(trialId);
    if (live.kind === 'exact') this.parts.sums.begin(trialId, { size: live.vectors.parameters.length, ...live });
    await this.publish(trialId, live, { checkpoint: null, change: null });
  }

  private async reduce({ trialId, run, round, updates }: Extract<PoolOrder, { kind: 'reduce' }>): Promise<void> {
    const live = this.live.get(trialId);
    if (live?.kind !== 'exact' || live.run !== run || live.round !== round) return;
    const { sums } = this.parts;
    const counted = updates.flatMap(({ leaseId }) => sums.find(trialId, leaseId) ?? []);
    if (counted.length < updates.length) {
      throw new Fault('E_INTERNAL', `a screened sum of round ${round} is not there any more`);
    }
    if (!takeRound(live, counted)) throw diverged(round);
    this.noteLoss(trialId, live, updates);
    sums.clear(trialId);
    const checkpoint = this.checkpointDue(live) ? await this.storeCheckpoint(live) : null;
    await this.publish(trialId, live, { checkpoint, change: null });
  }

  private async average(order: Extract<PoolOrder, { kind: 'average' }>): Promise<void> {
    const { trialId, run, round, updates, share } = order;
    const live = this.live.get(trialId);
    if (live?.kind !== 'local' || live.run !== run || live.round !== round) return;
    const changes = updates.map(({ leaseId, images }) => {
      const bytes = this.parts.deltas.take(trialId, leaseId);
      if (!bytes) throw new Fault('E_INTERNAL', `a screened change of round ${round} is not there any more`);
      return { bytes, images };
    });
    if (!takeChanges(live, changes, share)) throw diverged(round);
    this.noteLoss(trialId, live, updates);
    const checkpoint = this.checkpointDue(live) ? await this.storeCheckpoint(live) : null;
    await this.publish(trialId, live, { checkpoint, change: nextChange(live) });
  }

  private async close({ trialId, run, keep }: Extract<PoolOrder, { kind: 'close' }>): Promise<void> {
    const live = this.live.get(trialId);
    if (live?.run !== run) return;
    const checkpoint = keep && live.round > live.checkpointRound ? await this.storeCheckpoint(live) : null;
    this.forget(trialId, live);
    if (checkpoint) this.parts.room.loop.accept({ type: 'runClosed', trialId, epoch: epochOf(live), checkpoint });
  }

  /** [P8] Curves of a pooled trial, under its attempt of now. */
  private noteLoss(trialId: TrialId, live: AnyRun, updates: readonly { loss: number; images: number }[]): void {
    const { room, onEpoch } = this.parts;
    const [held, attempt] = [this.losses.get(trialId), room.state.trials.get(trialId)?.row.attempts];
    if (!held || attempt === undefined) return;
    const points = noteRound(held, updates, { spec: live.spec, epoch: epochOf(live), now: room.clock() });
    if (points.length > 0) onEpoch(points.map((point) => ({ ...point, trialId, attempt })));
  }

  /** Makes the parameters of the next round ready for the workers, and tells the core. */
  private async publish(
    trialId: TrialId,
    live: AnyRun,
    { checkpoint, change }: { readonly checkpoint: ArtifactRef | null; readonly change: Uint8Array | null },
  ): Promise<void> {
    const { run, round } = live;
    const { parameters } = live.vectors;
    const ended = hasEnded(live);
    if (4 * parameters.length > wireLimits.vectorBytesMax) this.publishLarge(live, change);
    else if (!ended) this.parts.feed.publish(trialId, { run, round, parameters: shownOf(live) }, change);
    const weights = ended ? await this.record('weights', parameterBytes(parameters)) : null;
    const toValidate = ended ? null : this.toValidate(trialId, live);
    const digest = this.digestOf(live, checkpoint !== null || ended);
    const bytes = this.parts.traffic.of(trialId);
    const start = live.kind === 'exact' ? roundStart(live, digest) : localRoundStart(live, digest);
    this.parts.room.loop.accept({ type: 'roundReady', trialId, run, start, checkpoint, weights, toValidate, bytes });
  }

  /** The parameters where an epoch has ended that is to be judged; they stay in memory until the core says `forget`. */
  private toValidate(trialId: TrialId, live: AnyRun): { epoch: number; parameters: ArtifactRef } | null {
    const epoch = epochOf(live);
    if (live.spec.validation_images === 0 || epoch <= (this.epochsTold.get(trialId) ?? 0)) return null;
    this.epochsTold.set(trialId, epoch);
    return { epoch, parameters: this.parts.artifacts.hold(parameterBytes(live.vectors.parameters)) };
  }

  /** Over HTTP; in local mode the change for those who have the parameters of the round before, and all of them for the others. */
  private publishLarge(live: AnyRun, changed: Uint8Array | null): void {
    const { artifacts } = this.parts;
    const parameters = artifacts.hold(parameterBytes(shownOf(live)));
    if (live.kind === 'exact') {
      if (live.published) artifacts.forget(live.published);
      live.published = parameters;
      return;
    }
    const before = live.published.at(-1);
    const change = before && changed ? { from: before.parameters.sha256, change: artifacts.hold(changed) } : null;
    live.published.push({ parameters, change });
    while (live.published.length > publishedRoundsMax) this.forgetRound(live.published);
  }

  /** For viewers. Not of every round: there may be many a second, and it takes as long as some of them. */
  private digestOf(live: AnyRun, exactly: boolean): Digest {
    const { room, limits } = this.parts;
    const { digest: last } = live;
    const now = room.clock();
    if (last && !exactly && now - last.at < limits.pooledDigestMs) return last.sha256;
    const sha256 = this.parts.artifacts.digestOf(parameterBytes(shownOf(live)));
    live.digest = { sha256, at: now };
    return sha256;
  }

  /** Forgets the oldest round. */
  private forgetRound(published: LocalRun['published']): void {
    const oldest = published.shift();
    if (oldest) this.parts.artifacts.forget(oldest.parameters);
    if (oldest?.change) this.parts.artifacts.forget(oldest.change.change);
  }

  private checkpointDue(live: AnyRun): boolean {
    const { limits, room } = this.parts;
    if (hasEnded(live)) return false;
    const rounds = live.round - live.checkpointRound;
    return rounds >= limits.pooledCheckpointRounds || room.clock() - live.checkpointAt >= limits.pooledCheckpointMs;
  }

  private async storeCheckpoint(live: AnyRun): Promise<ArtifactRef> {
    live.checkpointRound = live.round;
    live.checkpointAt = this.parts.room.clock();
    return this.record('checkpoint', live.kind === 'exact' ? checkpointOf(live) : localCheckpoint(live));
  }

  /** On disk and known to the store, so that a row may refer to it. */
  private async record(kind: 'weights' | 'checkpoint', bytes: Uint8Array): Promise<ArtifactRef> {
    const ref = await this.parts.artifacts.store(bytes);
    await this.parts.ledger.record(kind, ref);
    return ref;
  }

  private forget(trialId: TrialId, live: AnyRun): void {
    if (live.kind === 'local') while (live.published.length > 0) this.forgetRound(live.published);
    else if (live.published) this.parts.artifacts.forget(live.published);
    this.parts.feed.forget(trialId);
    this.parts.sums.forget(trialId);
    this.parts.deltas.forget(trialId);
    this.parts.traffic.forget(trialId);
    this.losses.delete(trialId);
    this.epochsTold.delete(trialId);
    this.live.delete(trialId);
  }

  private fail({ trialId, run }: RunOrder, error: unknown): void {
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

/** The parameters as workers have them. */
const shownOf = (live: AnyRun): Float32Array => (live.kind === 'exact' ? live.vectors.parameters : live.vectors.shown);

const hasEnded = (live: AnyRun): boolean => (live.kind === 'exact' ? isOver(live) : isLocalOver(live));

const epochOf = (live: AnyRun): number =>
  live.kind === 'local' ? localEpoch(live) : Math.floor(live.round / live.plan.roundsPerEpoch);

const diverged = (round: number): Fault =>
  new Fault('E_NAN_LOSS', `the parameters are not finite after round ${round}; lower learning_rate`);
