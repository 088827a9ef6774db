import type { PoolOrder } from '@gradpool/coordination';
import {
  localPlan,
  modelLayout,
  pooledPlan,
  trialSpec,
  type DatasetManifest,
  type PooledSpec,
} from '@gradpool/experiment';
import type { KernelModule } from '@gradpool/kernels';
import { wireLimits, type ArtifactRef, type Digest, type TrialId } from '@gradpool/protocol';
import type { ArtifactLedger } from '../artifacts/artifact-ledger.ts';
import type { HotArtifacts, NamedBytes } from '../artifacts/hot-artifacts.ts';
import { Fault } from '../fault.ts';
import type { CoordinatorLimits } from '../limits.ts';
import type { Room } from '../loop/room.ts';
import type { Logger } from '../operations/logger.ts';
import type { DeltaShelf } from './delta-shelf.ts';
import { noteRound, startEpochLoss, type EpochLoss } from './epoch-loss.ts';
import { roundStart } from './live-run.ts';
import { localRoundStart } from './local-run.ts';
import { epochOf, hasEnded, type LocalOpenRun, type OpenRun } from './open-run.ts';
import type { ParameterFeed } from './parameter-feed.ts';
import type { RunTraffic } from './run-traffic.ts';
import type { StoredPoint } from '../store/store.ts';
import type { SumShelf } from './sum-shelf.ts';
import {
  openDesk,
  type DeskSource,
  type MaybeNamed,
  type Shown,
  type Standing,
  type VectorDesk,
} from './vector-desk.ts';
import type { VectorThreads } from './vector-threads.ts';

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
  readonly threads: VectorThreads;
  readonly limits: Pick<
    CoordinatorLimits,
    | 'pooledCheckpointMs'
    | 'pooledCheckpointRounds'
    | 'pooledDigestMs'
    | 'loopParametersMax'
    | 'loopLocalParametersMax'
    | 'loopSlowParametersMax'
  >;
  readonly traffic: RunTraffic;
  /** Points of a whole epoch. */
  readonly onEpoch: (points: readonly StoredPoint[]) => void;
  readonly logger: Logger;
  readonly onFatal: (fault: Fault) => void;
}

/** Those of a live run; what is held for validation may outlive it. */
type RunOrder = Exclude<PoolOrder, { kind: 'forget' }>;

/** Rounds of local mode whose parameters stay there for workers that are late. */
const publishedRoundsMax = 4;

/** Holds the vectors of the pooled runs and does with them what the core orders, one order of a run after the other. */
export class PooledRuns {
  private readonly parts: PooledRunsParts;
  private readonly live = new Map<TrialId, OpenRun>();
  private readonly losses = new Map<TrialId, EpochLoss>();
  /** Epochs of live runs whose parameters were told for validation, or that were over when the run was opened. */
  private readonly epochsTold = new Map<TrialId, number>();
  private readonly tails = new Map<TrialId, Promise<void>>();
  /** What has been told to the core: of a thread that died, whoever waited for it learns it once more. */
  private readonly told = new WeakSet<Fault>();

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
    const { manifest, room, artifacts, logger } = this.parts;
    const { trialId, run } = order;
    const read = trialSpec.safeParse(order.spec);
    const data = manifest(order.dataset);
    const pooled = read.data?.pooled;
    if (!data || !read.success || !pooled) {
      throw new Fault('E_SPEC', 'the spec or the data set of this pooled trial is not one that this version reads');
    }
    const checkpoint = order.checkpoint && (await artifacts.readWhole(order.checkpoint.sha256));
    if (order.checkpoint && !checkpoint) logger.warn({ trialId }, 'the checkpoint is gone: training from the start');
    const spec = read.data;
    const { size } = modelLayout(spec, data.image);
    const mode =
      pooled.mode === 'exact'
        ? { kind: pooled.mode, pooled, plan: pooledPlan(spec, pooled, data), published: null }
        : { kind: pooled.mode, pooled, plan: localPlan(spec, data), published: [] };
    if (mode.plan.images === 0) throw new Fault('E_SPLIT_EMPTY', 'the spec leaves no image to train on');
    const desk = await this.deskFor(order, { spec, pooled, manifest: data, checkpoint }, size);
    const { round, images } = desk.opened;
    const own = { run, spec, size, desk, round, images };
    const live: OpenRun = {
      ...mode,
      ...own,
      digest: null,
      checkpointRound: round,
      checkpointAt: room.clock(),
      stored: undefined,
    };
    this.live.set(trialId, live);
    this.losses.set(trialId, startEpochLoss(epochOf(live), room.clock()));
    this.epochsTold.set(trialId, epochOf(live));
    this.parts.traffic.open(trialId);
    if (pooled.mode === 'exact') this.parts.sums.begin(trialId, { size, desk });
    else this.parts.deltas.begin(trialId, { size, desk, codec: pooled.codec });
    await this.publish(trialId, live, { checkpoint: null, change: false });
  }

  /** [P10] In place where no order holds the event loop for long, else in a thread. */
  private async deskFor(order: RunOrder, source: DeskSource, size: number): Promise<VectorDesk> {
    const { kernels, threads } = this.parts;
    if (size <= this.sizeMaxInPlace(source.pooled)) return openDesk(source, kernels);
    const died = (fault: Fault): void => {
      this.fail(order, fault);
    };
    return threads.open(source, { simd: kernels !== null, died });
  }

  private sizeMaxInPlace(pooled: PooledSpec): number {
    const { kernels, limits } = this.parts;
    if (kernels === null) return limits.loopSlowParametersMax;
    if (pooled.mode === 'exact') return limits.loopParametersMax;
    return pooled.aggregate === 'mean' ? limits.loopLocalParametersMax : limits.loopSlowParametersMax;
  }

  private async reduce({ trialId, run, round, updates }: Extract<PoolOrder, { kind: 'reduce' }>): Promise<void> {
    const live = this.live.get(trialId);
    if (live?.kind !== 'exact' || live.run !== run || live.round !== round) return;
    const { sums } = this.parts;
    const counted = updates.flatMap(({ leaseId }) => sums.find(trialId, leaseId) ?? []);
    if (counted.length < updates.length) {
      throw new Fault('E_INTERNAL', `a screened sum of round ${round} is not there any more`);
    }
    stand(live, await live.desk.takeSums(counted));
    this.noteLoss(trialId, live, updates);
    sums.clear(trialId);
    const checkpoint = this.checkpointDue(live) ? await this.storeCheckpoint(live) : null;
    await this.publish(trialId, live, { checkpoint, change: false });
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
    stand(live, await live.desk.takeChanges(changes, share));
    this.parts.deltas.giveBack(changes);
    this.noteLoss(trialId, live, updates);
    const checkpoint = this.checkpointDue(live) ? await this.storeCheckpoint(live) : null;
    await this.publish(trialId, live, { checkpoint, change: true });
  }

  private async close({ trialId, run, keep }: Extract<PoolOrder, { kind: 'close' }>): Promise<void> {
    const live = this.live.get(trialId);
    if (live?.run !== run) return;
    const checkpoint = keep && live.round > live.checkpointRound ? await this.storeCheckpoint(live) : null;
    this.forget(trialId, live);
    if (checkpoint) this.parts.room.loop.accept({ type: 'runClosed', trialId, epoch: epochOf(live), checkpoint });
  }

  /** [P8] Curves of a pooled trial, under its attempt of now. */
  private noteLoss(trialId: TrialId, live: OpenRun, updates: readonly { loss: number; images: number }[]): void {
    const { room, onEpoch } = this.parts;
    const [held, attempt] = [this.losses.get(trialId), room.state.trials.get(trialId)?.row.attempts];
    if (!held || attempt === undefined) return;
    const points = noteRound(held, updates, { spec: live.spec, epoch: epochOf(live), now: room.clock() });
    if (points.length > 0) onEpoch(points.map((point) => ({ ...point, trialId, attempt })));
  }

  /** Makes the parameters of the next round ready for the workers, and tells the core. */
  private async publish(
    trialId: TrialId,
    live: OpenRun,
    { checkpoint, change }: { readonly checkpoint: ArtifactRef | null; readonly change: boolean },
  ): Promise<void> {
    const { run, round, size, desk } = live;
    const ended = hasEnded(live);
    const judged = ended ? null : this.epochToJudge(trialId, live);
    const isLarge = 4 * size > wireLimits.vectorBytesMax;
    const isDigestDue = ended || checkpoint !== null || this.isDigestOld(live);
    const wanted = { change, digests: isLarge || isDigestDue, lasting: isLarge, full: ended || judged !== null };
    const asked = desk.show(wanted);
    // What is there at once is a view of vectors that have changed already: nothing may come in between.
    const shown = asked instanceof Promise ? await asked : asked;
    if (shown.parameters.sha256) live.digest = { sha256: shown.parameters.sha256, at: this.parts.room.clock() };
    if (isLarge) this.publishLarge(live, shown);
    else if (!ended) {
      const changed = shown.change?.bytes ?? null;
      this.parts.feed.publish(trialId, { run, round, parameters: shown.parameters.bytes }, changed);
    }
    const weights = ended ? await this.record('weights', full(shown)) : null;
    const toValidate = judged === null ? null : { epoch: judged, parameters: this.parts.artifacts.hold(full(shown)) };
    const digest = digestOf(live.digest);
    const bytes = this.parts.traffic.of(trialId);
    const start = live.kind === 'exact' ? roundStart(live, digest) : localRoundStart(live, digest);
    this.parts.room.loop.accept({ type: 'roundReady', trialId, run, start, checkpoint, weights, toValidate, bytes });
  }

  /** The epoch that has ended now and is to be judged; its parameters then stay in memory until the core says `forget`. */
  private epochToJudge(trialId: TrialId, live: OpenRun): number | null {
    const epoch = epochOf(live);
    if (live.spec.validation_images === 0 || epoch <= (this.epochsTold.get(trialId) ?? 0)) return null;
    this.epochsTold.set(trialId, epoch);
    return epoch;
  }

  /** Over HTTP; in local mode the change for those who have the parameters of the round before, and all of them for the others. */
  private publishLarge(live: OpenRun, shown: Shown): void {
    const { artifacts } = this.parts;
    const parameters = artifacts.hold(named(shown.parameters));
    if (live.kind === 'exact') {
      if (live.published) artifacts.forget(live.published);
      live.published = parameters;
      return;
    }
    const before = live.published.at(-1);
    const change =
      before && shown.change ? { from: before.parameters.sha256, change: artifacts.hold(named(shown.change)) } : null;
    live.published.push({ parameters, change });
    while (live.published.length > publishedRoundsMax) this.forgetRound(live.published);
  }

  /** The digest is for viewers. Not of every round: there may be many a second, and it takes as long as some of them. */
  private isDigestOld({ digest: last }: OpenRun): boolean {
    const { room, limits } = this.parts;
    return last === null || room.clock() - last.at >= limits.pooledDigestMs;
  }

  /** Forgets the oldest round. */
  private forgetRound(published: LocalOpenRun['published']): void {
    const oldest = published.shift();
    if (oldest) this.parts.artifacts.forget(oldest.parameters);
    if (oldest?.change) this.parts.artifacts.forget(oldest.change.change);
  }

  private checkpointDue(live: OpenRun): boolean {
    const { limits, room } = this.parts;
    if (hasEnded(live)) return false;
    const rounds = live.round - live.checkpointRound;
    return rounds >= limits.pooledCheckpointRounds || room.clock() - live.checkpointAt >= limits.pooledCheckpointMs;
  }

  private async storeCheckpoint(live: OpenRun): Promise<ArtifactRef> {
    live.checkpointRound = live.round;
    live.checkpointAt = this.parts.room.clock();
    const into = live.stored;
    // A thread takes the memory over; it is gone where that fails.
    live.stored = undefined;
    const checkpoint = await live.desk.checkpoint(into);
    live.stored = checkpoint.bytes;
    return this.record('checkpoint', checkpoint);
  }

  /** On disk and known to the store, so that a row may refer to it. */
  private async record(kind: 'weights' | 'checkpoint', bytes: NamedBytes): Promise<ArtifactRef> {
    const ref = await this.parts.artifacts.store(bytes);
    await this.parts.ledger.record(kind, ref);
    return ref;
  }

  private forget(trialId: TrialId, live: OpenRun): void {
    live.desk.close();
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
    const live = this.live.get(trialId);
    if (live?.run === run) this.forget(trialId, live);
    if (this.told.has(fault)) return;
    this.told.add(fault);
    // The coordinator is stopping: the next one opens the run again.
    if (fault.code === 'E_CLOSING') return;
    logger.error({ err: error, trialId }, 'a pooled run failed');
    // As with any failed write, going on would promise what is not stored.
    if (fault.code === 'E_DISK_FULL') return onFatal(fault);
    const { code, message } = fault;
    room.loop.accept({ type: 'runFailed', trialId, run, code, message, again: code === 'E_VECTOR_THREAD' });
  }
}

/** The round was taken. */
function stand(live: OpenRun, { round, images, finite }: Standing): void {
  if (!finite) {
    throw new Fault('E_NAN_LOSS', `the parameters are not finite after round ${live.round}; lower learning_rate`);
  }
  live.round = round;
  live.images = images;
}

function named({ bytes, sha256 }: MaybeNamed): NamedBytes {
  return { bytes, sha256: present(sha256) };
}

const full = (shown: Shown): NamedBytes => present(shown.full);

const digestOf = (digest: OpenRun['digest']): Digest => present(digest).sha256;

/** What was asked of a desk is there. */
function present<T>(value: T | null): T {
  if (value === null) throw new Error('a desk did not show what it was asked for');
  return value;
}
