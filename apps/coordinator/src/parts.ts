import { compileKernels } from '@gradpool/kernels';
import path from 'node:path';
import type { Provider } from '@nestjs/common';
import { Access } from './access/access.ts';
import type { Tokens } from './access/tokens.ts';
import { ArtifactLedger } from './artifacts/artifact-ledger.ts';
import { openFolderArtifacts } from './artifacts/folder-artifacts.ts';
import { HotArtifacts } from './artifacts/hot-artifacts.ts';
import { UploadDesk } from './artifacts/upload-desk.ts';
import type { MessageOf, WorkerId } from '@gradpool/protocol';
import type { Clock } from './clock.ts';
import { readCodeVersion } from './code-version.ts';
import { DatasetCatalog, type DatasetSource } from './datasets/dataset-catalog.ts';
import { ownSources } from './datasets/own-sources.ts';
import type { Fault } from './fault.ts';
import type { CoordinatorLimits } from './limits.ts';
import { MessageDesk } from './live/message-desk.ts';
import { SocketDesk } from './live/socket-desk.ts';
import { Switchboard } from './live/switchboard.ts';
import { ViewerFeed } from './live/viewer-feed.ts';
import type { Delivered } from './loop/decision-loop.ts';
import { Room } from './loop/room.ts';
import { activityLog } from './operations/activity-log.ts';
import type { Logger } from './operations/logger.ts';
import { Metrics } from './operations/metrics.ts';
import { RoomDesk } from './operations/room-desk.ts';
import { RoomFigures } from './operations/room-figures.ts';
import { Traffic } from './operations/traffic.ts';
import { DeltaShelf } from './pooled/delta-shelf.ts';
import { PooledRuns } from './pooled/pooled-runs.ts';
import { ParameterFeed } from './pooled/parameter-feed.ts';
import { RunTraffic } from './pooled/run-traffic.ts';
import { SumUploads } from './pooled/sum-uploads.ts';
import { SumShelf } from './pooled/sum-shelf.ts';
import { VectorInbox } from './pooled/vector-inbox.ts';
import { VectorThreads } from './pooled/vector-threads.ts';
import { openPointBuffer } from './store/point-buffer.ts';
import { storeFault } from './loop/store-fault.ts';
import { PictureDesk } from './pictures/picture-desk.ts';
import { PictureInputs } from './pictures/picture-inputs.ts';
import type { Store, StoredPictures, StoredPoint } from './store/store.ts';
import { SweepExporter } from './sweeps/sweep-exporter.ts';
import { TrialReader } from './sweeps/trial-reader.ts';
import { SweepDesk } from './sweeps/sweep-desk.ts';

export interface PartsOptions {
  readonly store: Store;
  readonly dataDir: string;
  readonly tokens: Tokens;
  readonly allowedOrigins: readonly string[];
  readonly datasets: readonly DatasetSource[];
  readonly limits: CoordinatorLimits;
  readonly logger: Logger;
  readonly onFatal: (fault: Fault) => void;
  readonly clock?: Clock;
}

export type Parts = Awaited<ReturnType<typeof makeParts>>;

/** Puts the coordinator's parts together around the state that the store holds. Nothing listens or ticks yet. */
export async function makeParts(options: PartsOptions) {
  const { store, dataDir, limits, logger, onFatal, clock } = options;
  const artifacts = new HotArtifacts(await openFolderArtifacts(path.join(dataDir, 'artifacts')));
  const catalog = new DatasetCatalog(options.datasets, path.join(dataDir, 'cache', 'datasets'), () =>
    ownSources(dataDir, ({ code, message }) => logger.warn({ code }, message)),
  );
  await catalog.refresh();
  // Nothing may be awaited once the room is there: its first orders go out at the next turn, to parts that must exist.
  const kernels = await compileKernels();
  const rows = await store.load();
  const pictureDigests = new Set(await store.pictureDigests());
  const metrics = new Metrics();
  const switchboard = new Switchboard();
  const traffic = new Traffic();
  const codeVersion = readCodeVersion();
  const onError = (error: unknown): void => logger.error({ err: error }, 'a fault in the coordinator');
  const deliver = (effect: Delivered): void => {
    if (effect.type === 'changed') {
      logActivity(effect);
      return feed.changed(effect);
    }
    if (effect.type === 'pool') return pooled.carryOut(effect.order);
    if (effect.type === 'close') return switchboard.close(effect.workerId, effect.code, effect.reason);
    const { message } = effect;
    metrics.messageOut(message.type);
    if (message.type === 'settled' && message.code !== null) metrics.refused(message.code);
    if (message.type === 'lease') parametersFirst(effect.workerId, message);
    switchboard.send(effect.workerId, message);
  };
  const parametersFirst = (workerId: WorkerId, { work }: MessageOf<'lease'>): void => {
    const connection = switchboard.connectionOf(workerId);
    if (connection && (work.kind === 'micro' || work.kind === 'lane')) parameters.bring(connection, work.trialId);
  };
  const commit = timedCommit(store, metrics);
  const delivering = (send: () => void): void => switchboard.together(send);
  const room = new Room({ rows, commit, deliver, delivering, onFatal, limits, ...(clock && { clock }) });
  const figures = new RoomFigures({ room, switchboard, traffic, codeVersion });
  const feed = new ViewerFeed({ room, store, stats: () => figures.stats(), limits, onError });
  const points = openPointBuffer(store, { onError: (error) => onFatal(storeFault(error)) });
  const { state, loop } = room;
  const logActivity = activityLog(logger, state);
  const settled = (): Promise<void> => loop.settled();
  const kept = { store, artifacts, state, pictures: pictureDigests };
  const ledger = new ArtifactLedger({ ...kept, clock: room.clock, settled, orphanMs: limits.orphanMs });
  const sumUploads = new SumUploads({ limits, clock: room.clock });
  const uploads = new UploadDesk({ artifacts, sums: sumUploads, uploadsMax: limits.uploadsMax, onFatal });
  const manifest = (digest: string) => catalog.manifest(digest);
  const screen = { state, artifacts, manifest };
  const onStored = (stored: StoredPictures): void => feed.pictures(stored);
  const pictures = new PictureDesk({ state, store, uploads, manifest, digests: pictureDigests, onStored });
  const runTraffic = new RunTraffic();
  const inbox = new VectorInbox({ state, limits, onTaken: (id, bytes) => runTraffic.count(id, 'up', bytes) });
  const parameters = new ParameterFeed((id, bytes) => runTraffic.count(id, 'down', bytes));
  const sent = { state, inbox, artifacts, uploads: sumUploads, limits };
  const sums = new SumShelf(sent);
  const deltas = new DeltaShelf(sent);
  const threads = new VectorThreads();
  const addPoints = (added: readonly StoredPoint[]): Promise<void> | undefined => {
    metrics.pointsIn(added.length);
    const taken = points.add(added).catch(() => undefined);
    // Sockets wait for the buffer only where it fills faster than it is written.
    return points.waiting > limits.pointsWaitingMax ? taken : undefined;
  };
  const pooled = new PooledRuns({
    ...{ room, artifacts, ledger, sums, deltas, feed: parameters, kernels, threads, limits, logger, onFatal, manifest },
    traffic: runTraffic,
    onEpoch: (added) => {
      feed.points(added);
      void addPoints(added);
    },
  });
  const desk = new MessageDesk({
    ...{
      room,
      store,
      switchboard,
      feed,
      screen,
      sums,
      deltas,
      inbox,
      ledger,
      pictures,
      codeVersion,
      addPoints,
      logger,
    },
  });
  const access = new Access(options.tokens, options.allowedOrigins);
  const sockets = new SocketDesk({ access, room, switchboard, desk, metrics, limits, logger });
  gauges({ metrics, room, figures, switchboard, feed });
  return {
    room,
    store,
    metrics,
    switchboard,
    traffic,
    figures,
    feed,
    points,
    ledger,
    catalog,
    access,
    sockets,
    sumUploads,
    inbox,
    threads,
    uploads,
    pictures,
  };
}

/** Everything that Nest hands to a controller or the gateway. */
export function providersOf(parts: Parts, { limits }: PartsOptions): Provider[] {
  const { room, store, figures, catalog, switchboard, points, metrics, access, sockets, uploads, pictures } = parts;
  const { codeVersion } = figures;
  const sweeps = new SweepDesk({ room, catalog, switchboard, codeVersion, limits });
  const instances = [
    ...[room, figures, catalog, metrics, access, sockets, sweeps, uploads, pictures],
    new PictureInputs(catalog),
    new RoomDesk(room),
    new SweepExporter(room, store),
    new TrialReader(room, store, () => points.flush()),
  ];
  return instances.map((useValue) => ({ provide: useValue.constructor, useValue }) as Provider);
}

function timedCommit(store: Store, metrics: Metrics): Store['commit'] {
  return async (rows) => {
    const start = performance.now();
    await store.commit(rows);
    metrics.committed((performance.now() - start) / 1000);
  };
}

function gauges({
  metrics,
  room,
  figures,
  switchboard,
  feed,
}: Pick<Parts, 'metrics' | 'room' | 'figures' | 'switchboard' | 'feed'>) {
  const { loop } = room;
  metrics.gauge('gradpool_workers', 'Workers connected', () => switchboard.workersConnected);
  metrics.gauge('gradpool_viewers', 'Viewers connected', () => feed.size);
  metrics.gauge('gradpool_connections', 'Open sockets', () => switchboard.connections.size);
  metrics.gauge('gradpool_waiting_bytes', 'Bytes that sockets have yet to take in', () => switchboard.waitingBytes);
  metrics.gauge('gradpool_trials', 'Trials by state', () => figures.trialsByState(), 'state');
  metrics.gauge('gradpool_leases', 'Live leases', () => room.state.leases.size);
  metrics.gauge('gradpool_images_per_second', 'Images trained a second, summed', () => figures.stats().imagesPerSecond);
  metrics.gauge('gradpool_bytes_in', 'Bytes taken in over TCP since the start', () => figures.stats().bytesIn);
  metrics.gauge('gradpool_bytes_out', 'Bytes sent over TCP since the start', () => figures.stats().bytesOut);
  metrics.gauge('gradpool_events', 'Events stepped since the start', () => loop.counts.events);
  metrics.gauge('gradpool_stored_rows', 'Rows stored since the start', () => loop.counts.rows);
  metrics.gauge('gradpool_pending_events', 'Events that wait for the store', () => loop.pendingEvents);
}
