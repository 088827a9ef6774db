import { attemptOf, coordinationLimits, embedLeaseOf, type State, type WorkerArrival } from '@gradpool/coordination';
import {
  closeCodes,
  negotiate,
  roleAllows,
  type CheckpointRef,
  type ClientMessage,
  type LeaseKey,
  type MessageOf,
  type WorkerId,
} from '@gradpool/protocol';
import type { ArtifactLedger } from '../artifacts/artifact-ledger.ts';
import type { DeltaShelf } from '../pooled/delta-shelf.ts';
import type { SumShelf } from '../pooled/sum-shelf.ts';
import type { VectorInbox } from '../pooled/vector-inbox.ts';
import type { Room } from '../loop/room.ts';
import type { Logger } from '../operations/logger.ts';
import type { PictureDesk } from '../pictures/picture-desk.ts';
import type { Store, StoredPoint } from '../store/store.ts';
import type { Connection } from './connection.ts';
import { screenDetails, screenMap, screenWeights, trainedTrial, type ScreenParts } from './result-screen.ts';
import type { Switchboard } from './switchboard.ts';
import type { ViewerFeed } from './viewer-feed.ts';
import { settleIdentity } from './worker-identity.ts';

export interface DeskParts {
  readonly room: Room;
  readonly store: Store;
  readonly switchboard: Switchboard;
  readonly feed: ViewerFeed;
  readonly screen: ScreenParts;
  readonly sums: SumShelf;
  readonly deltas: DeltaShelf;
  readonly inbox: VectorInbox;
  readonly ledger: ArtifactLedger;
  readonly pictures: PictureDesk;
  readonly codeVersion: string;
  readonly logger: Logger;
  /** Takes metric points of a live lease; they are stored a little later. */
  readonly addPoints: (points: readonly StoredPoint[]) => Handled;
}

interface EmbeddedResult {
  readonly lease: LeaseKey;
  readonly outcome: Extract<MessageOf<'result'>['outcome'], { kind: 'embed' }>;
  readonly accept: () => void;
}

type Handled = Promise<void> | undefined;

/** Turns what a connection says into events for the core, after screening what the core takes for granted. */
export class MessageDesk {
  private readonly parts: DeskParts;

  constructor(parts: DeskParts) {
    this.parts = parts;
  }

  /** Handles one message; a promise where the next one of this connection has to wait. */
  handle(connection: Connection, message: ClientMessage): Handled {
    const { session } = connection;
    if (message.type === 'hello' || message.type === 'watch') {
      if (session.kind !== 'new') return refuse(connection, 'E_HELLO_TWICE', 'this connection has said hello before');
      return message.type === 'hello' ? this.hello(connection, message) : this.watch(connection, message);
    }
    if (session.kind === 'new')
      return refuse(connection, 'E_HELLO_FIRST', `${message.type} came before hello or watch`);
    if (session.kind === 'viewer') return refuse(connection, 'E_ROLE', `a viewer may not say ${message.type}`);
    return this.work(connection, session.workerId, message);
  }

  /** The socket has closed. */
  left(connection: Connection): void {
    this.parts.switchboard.connections.delete(connection);
    this.parts.feed.remove(connection);
    const { session } = connection;
    if (session.kind !== 'worker' || !this.parts.switchboard.unseat(connection)) return;
    this.parts.logger.info({ workerId: session.workerId, orderly: connection.saidBye }, 'worker left');
    this.parts.room.loop.accept({ type: 'workerLeft', workerId: session.workerId, orderly: connection.saidBye });
  }

  private watch(connection: Connection, { versions }: MessageOf<'watch'>): undefined {
    const version = negotiate(versions);
    if (version === null) return refuseVersion(connection, versions);
    connection.session = { kind: 'viewer' };
    this.parts.feed.add(connection, version);
  }

  private hello(connection: Connection, { versions, worker }: MessageOf<'hello'>): Handled {
    const version = negotiate(versions);
    if (version === null) return refuseVersion(connection, versions);
    const needed = worker.kind === 'evaluate' ? 'trusted' : 'join';
    if (!roleAllows(connection.role, needed)) {
      const message = `a worker that would ${worker.kind} needs a token of the role ${needed}, this one is ${connection.role}`;
      return refuse(connection, 'E_ROLE', message);
    }
    return this.arrive(connection, version, worker);
  }

  private async arrive(connection: Connection, version: number, worker: MessageOf<'hello'>['worker']): Promise<void> {
    const { room, store, switchboard, codeVersion } = this.parts;
    const identity = await settleIdentity(worker.identity, store);
    if (!connection.open) return;
    if (!identity) {
      const message = 'this worker id and secret do not belong together; forget them and join as a new worker';
      return connection.refuse('E_IDENTITY', message, closeCodes.badIdentity);
    }
    if (isRemoved(room.state, identity.workerId)) {
      const message = 'the person who runs this room has removed this worker; ask them, or join anew';
      return connection.refuse('E_REMOVED', message, closeCodes.removed);
    }
    const { identity: _claimed, codeVersion: _version, ...described } = worker;
    const trusted = roleAllows(connection.role, 'trusted');
    const arrival: WorkerArrival = { ...described, workerId: identity.workerId, trusted };
    switchboard.seat(connection, arrival);
    const { workerId, name, kind, backend, numericClass, slots } = arrival;
    this.parts.logger.info({ workerId, name, kind, trusted, backend, numericClass, slots }, 'worker joined');
    // In this order within one batch: stored, welcomed, and only then leases and revocations.
    room.loop.afterStored(() =>
      connection.send({
        type: 'welcome',
        version,
        workerId: identity.workerId,
        secret: identity.secret,
        heartbeatMs: coordinationLimits.heartbeatMs,
        leaseMs: coordinationLimits.leaseMs,
        codeVersion,
      }),
    );
    room.loop.accept({ type: 'workerArrived', worker: arrival });
  }

  private work(
    connection: Connection,
    workerId: WorkerId,
    message: Exclude<ClientMessage, { type: 'hello' | 'watch' }>,
  ): Handled {
    const { loop } = this.parts.room;
    switch (message.type) {
      case 'pull':
        return void loop.accept({ type: 'pulled', workerId, want: message.want });
      case 'heartbeat':
        return void loop.accept({ type: 'heartbeat', workerId, leases: message.leases });
      case 'progress':
        return this.progress(workerId, message);
      case 'pictures':
        return this.pictures(connection, workerId, message);
      case 'checkpoint':
        return this.checkpoint(connection, workerId, message);
      case 'vector':
        return this.vector(connection, workerId, message);
      case 'result':
        return this.result(connection, workerId, message);
      case 'release':
        return this.release(workerId, message);
      case 'failed': {
        const { lease, code, message: text } = message;
        return void loop.accept({ type: 'erred', workerId, lease, code, message: text });
      }
      case 'bye':
        connection.saidBye = true;
        return void connection.close(closeCodes.normal, 'bye');
      default:
        return message satisfies never;
    }
  }

  private progress(workerId: WorkerId, { type: _type, points, ...progress }: MessageOf<'progress'>): Handled {
    const { room, feed, addPoints } = this.parts;
    room.loop.accept({ type: 'progressed', workerId, progress });
    const attempt = points.length === 0 ? null : attemptOf(room.state, progress.lease);
    if (attempt?.workerId !== workerId) return undefined;
    const { trialId, attempt: number } = attempt;
    const stored = points.map((point) => ({ ...point, trialId, attempt: number }));
    feed.points(stored);
    return addPoints(stored);
  }

  private pictures(connection: Connection, workerId: WorkerId, message: MessageOf<'pictures'>): Handled {
    const taken = this.parts.pictures.take(workerId, message);
    if (typeof taken === 'string') return void connection.warn('E_PICTURES', `${taken}; they are dropped`);
    // No figure depends on them, so a disk or store that does not take them is told by what does.
    return taken?.catch((error: unknown) => this.parts.logger.warn({ err: error }, 'pictures were not stored'));
  }

  private checkpoint(connection: Connection, workerId: WorkerId, message: MessageOf<'checkpoint'>): Handled {
    const { lease, checkpoint } = message;
    if (!this.isThere(checkpoint)) {
      return void connection.warn(
        'E_ARTIFACT_MISSING',
        `the checkpoint ${checkpoint.artifact.sha256} was never uploaded`,
      );
    }
    const accept = (): void => this.parts.room.loop.accept({ type: 'checkpointed', workerId, lease, checkpoint });
    return this.afterRecording(workerId, lease, 'checkpoint', checkpoint.artifact, accept);
  }

  private release(workerId: WorkerId, { lease, reason, checkpoint, rung }: MessageOf<'release'>): Handled {
    // A hand-back counts with or without its checkpoint: the trial then goes on from an earlier one.
    const kept = checkpoint && this.isThere(checkpoint) ? checkpoint : null;
    const accept = (): void =>
      this.parts.room.loop.accept({ type: 'released', workerId, lease, reason, checkpoint: kept, rung: rung ?? null });
    if (!kept) return void accept();
    return this.afterRecording(workerId, lease, 'checkpoint', kept.artifact, accept);
  }

  private result(connection: Connection, workerId: WorkerId, { lease, outcome }: MessageOf<'result'>): Handled {
    const { loop, state } = this.parts.room;
    const accept = (): void => loop.accept({ type: 'resulted', workerId, lease, outcome });
    if (outcome.kind === 'micro' || outcome.kind === 'lane') {
      const { sums, deltas } = this.parts;
      const screened =
        outcome.kind === 'micro' ? sums.screen(workerId, lease, outcome) : deltas.screen(workerId, lease, outcome);
      return screened.then((refusal) => {
        if (!refusal) return accept();
        connection.warn(refusal.code, refusal.message);
        loop.accept({ type: 'erred', workerId, lease, ...refusal });
      });
    }
    if (outcome.kind === 'verify' && outcome.details) {
      const refusal = screenDetails(this.parts.screen, outcome.details);
      if (!refusal) return this.recorded('details', outcome.details, accept);
      connection.warn(refusal.code, refusal.message);
      return void loop.accept({ type: 'erred', workerId, lease, ...refusal });
    }
    if (outcome.kind === 'embed') return this.embedded(connection, workerId, { lease, outcome, accept });
    const trial = trainedTrial(state, workerId, lease);
    if (outcome.kind !== 'train' || trial === null) return void accept();
    const settle = (refusal: Awaited<ReturnType<typeof screenWeights>>): Handled => {
      if (refusal) {
        // The core settles the lease as an error of this worker; this says which.
        connection.warn(refusal.code, refusal.message);
        return void loop.accept({ type: 'erred', workerId, lease, ...refusal });
      }
      return this.afterRecording(workerId, lease, 'weights', outcome.weights, accept);
    };
    const screened = screenWeights(this.parts.screen, trial, outcome);
    return screened instanceof Promise ? screened.then(settle) : settle(screened);
  }

  /** A map is recorded before a row refers to it; only one of a lease that the worker really holds. */
  private embedded(connection: Connection, workerId: WorkerId, { lease, outcome, accept }: EmbeddedResult): Handled {
    const { room, screen, ledger } = this.parts;
    if (embedLeaseOf(room.state, workerId, lease) === null) return void accept();
    const refusal = screenMap(screen.artifacts, outcome);
    if (refusal) {
      connection.warn(refusal.code, refusal.message);
      return void room.loop.accept({ type: 'erred', workerId, lease, ...refusal });
    }
    if (ledger.has('embedding', outcome.map)) return void accept();
    return ledger.record('embedding', outcome.map).then(accept);
  }

  /** A sign of life of its lease as well: on a slow uplink a vector takes long. */
  private vector(connection: Connection, workerId: WorkerId, message: MessageOf<'vector'>): undefined {
    const fault = this.parts.inbox.take(workerId, message);
    if (fault) connection.warn('E_ARTIFACT_UPLOAD', fault);
    this.parts.room.loop.accept({ type: 'heartbeat', workerId, leases: [message.lease] });
  }

  private isThere({ artifact }: CheckpointRef): boolean {
    return this.parts.screen.artifacts.find(artifact.sha256)?.bytes === artifact.bytes;
  }

  /** Rows refer to artifacts, so the artifact is recorded first; only for a lease that the worker really holds. */
  private afterRecording(
    workerId: WorkerId,
    lease: MessageOf<'result'>['lease'],
    kind: 'weights' | 'checkpoint',
    artifact: CheckpointRef['artifact'],
    accept: () => void,
  ): Handled {
    if (trainedTrial(this.parts.room.state, workerId, lease) === null) return void accept();
    return this.recorded(kind, artifact, accept);
  }

  private recorded(
    kind: 'weights' | 'checkpoint' | 'details',
    artifact: CheckpointRef['artifact'],
    accept: () => void,
  ): Handled {
    const { ledger } = this.parts;
    return ledger.has(kind, artifact) ? void accept() : ledger.record(kind, artifact).then(accept);
  }
}

const isRemoved = (state: State, workerId: WorkerId): boolean =>
  (state.workers.get(workerId)?.row.removedAt ?? null) !== null;

function refuse(
  connection: Connection,
  code: 'E_HELLO_TWICE' | 'E_HELLO_FIRST' | 'E_ROLE',
  message: string,
): undefined {
  connection.refuse(code, message, code === 'E_ROLE' ? closeCodes.forbidden : closeCodes.badFrame);
}

function refuseVersion(connection: Connection, { min, max }: { min: number; max: number }): undefined {
  const message = `this coordinator speaks none of the protocol versions ${min} to ${max}; bring the older end up to date`;
  connection.refuse('E_VERSION', message, closeCodes.version);
}
