import {
  decodeServer,
  encode,
  type ErrorCode,
  type LeaseId,
  type LeaseKey,
  type RungFigure,
  type Work,
} from '@gradpool/protocol';
import { datasetShelf } from './dataset-shelf.ts';
import type { Engine } from './engine.ts';
import { laneShelf } from './lane-shelf.ts';
import { doWork } from './lease-work.ts';
import type { WorkerControls, WorkerNews } from './news.ts';
import { parameterShelf } from './parameter-shelf.ts';
import type { Platform, Socket } from './platform.ts';
import { createSession, nextWakeAt, stepSession } from './session.ts';
import type { SessionEffect, SessionEvent, SessionState } from './session-state.ts';
import { failureOf } from './work-error.ts';
import { workerLimits, type WorkerLimits } from './worker-limits.ts';
import type { LeaseCalls, Workshop } from './workshop.ts';

export interface WorkerOptions {
  /** Shown to people; need not be unique. */
  readonly name: string;
  readonly kind: 'train' | 'evaluate';
  /** For people: `node 22.1 linux x64`, `Firefox 131`. */
  readonly platformName: string;
  readonly slots: number;
  readonly codeVersion: string;
  /** Aborted to drain: finish or hand back, say good-bye, resolve. */
  readonly drain: AbortSignal;
  readonly limits?: Partial<WorkerLimits>;
  readonly onNews?: (news: WorkerNews) => void;
  /** Asked for pictures of a running training at most this often, where `onNews` is there to show them. */
  readonly previewMs?: number;
  /** Given its switches once the worker runs. */
  readonly onControls?: (controls: WorkerControls) => void;
}

/** `code` is null after an orderly drain; otherwise the reason why this worker cannot go on. */
export interface WorkerEnd {
  readonly code: ErrorCode | null;
  readonly message: string;
}

/**
 * Works until it is drained or cannot go on: opens the backend, joins, pulls, computes, reconnects. Rejects only where the
 * backend cannot be opened or the platform breaks its word.
 */
export async function runWorker<Dataset>(
  platform: Platform,
  engine: Engine<Dataset>,
  options: WorkerOptions,
): Promise<WorkerEnd> {
  const limits = { ...workerLimits, ...options.limits };
  const backend = await platform.openBackend();
  const identity = await platform.loadIdentity();
  const state = createSession({
    limits,
    identity,
    hello: {
      name: options.name,
      kind: options.kind,
      platform: options.platformName,
      backend: backend.name,
      numericClass: backend.numericClass,
      flopsPerSecond: backend.flopsPerSecond,
      slots: options.slots,
      codeVersion: options.codeVersion,
    },
  });
  const transfer = { platform, limits };
  const workerId = () => state.identity?.workerId ?? options.name;
  const shop = {
    ...transfer,
    engine,
    backend,
    workerId,
    dataset: datasetShelf(transfer, engine),
    parameters: parameterShelf(transfer),
    lanes: laneShelf(),
  };
  return new WorkerLoop(shop, state, options).run();
}

type EndingEvent = Extract<SessionEvent, { type: 'finished' | 'handedBack' | 'dropped' | 'failed' }>;

const reasonOf = ({ rung }: { readonly rung?: RungFigure }, { reason }: { readonly reason: string }): string =>
  rung === undefined ? reason : `stopped after epoch ${rung.epoch}, as asked`;

function endNews(leaseId: LeaseId, ending: EndingEvent): WorkerNews {
  const failure = ending.type === 'failed' ? { code: ending.code, message: ending.message } : null;
  return { type: 'ended', leaseId, how: ending.type, failure };
}

/** Owns the socket, the timer and the running leases; decides nothing, that is the session's part. */
class WorkerLoop<Dataset> {
  private readonly shop: Workshop<Dataset>;
  private readonly state: SessionState;
  private readonly options: WorkerOptions;
  private readonly stops = new Map<
    LeaseId,
    { readonly stop: AbortController; readonly drop: AbortController; reason: string }
  >();
  private readonly events: SessionEvent[] = [];
  private socket: Socket | null = null;
  /** Counts connections: what an abandoned one still says is not heard. */
  private generation = 0;
  private cancelTimer: () => void = () => undefined;
  private handling = false;
  private backendFailures = 0;
  private resolve: (end: WorkerEnd) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(shop: Workshop<Dataset>, state: SessionState, options: WorkerOptions) {
    this.shop = shop;
    this.state = state;
    this.options = options;
  }

  run(): Promise<WorkerEnd> {
    const { drain } = this.options;
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      const askDrain = (): void => {
        this.handle({ type: 'drainAsked' });
      };
      if (drain.aborted) askDrain();
      else drain.addEventListener('abort', askDrain, { once: true });
      this.options.onControls?.({
        pause: (paused) => {
          this.handle({ type: 'pauseAsked', paused });
        },
        rename: (name) => {
          this.handle({ type: 'renamed', name });
        },
      });
      this.handle({ type: 'started' });
    });
  }

  /** One event at a time, also when an effect raises the next one at once. */
  private handle(event: SessionEvent): void {
    this.events.push(event);
    if (this.handling) return;
    this.handling = true;
    const { platform } = this.shop;
    try {
      for (let next = this.events.shift(); next; next = this.events.shift()) {
        const env = { now: platform.now(), random: platform.random() };
        for (const effect of stepSession(this.state, next, env)) this.perform(effect);
      }
    } catch (error) {
      // A broken invariant ends the worker: what it holds expires and goes elsewhere.
      this.reject(error);
    }
    this.handling = false;
    this.setTimer();
  }

  private setTimer(): void {
    this.cancelTimer();
    const wakeAt = nextWakeAt(this.state);
    if (wakeAt === null) return;
    const { platform } = this.shop;
    this.cancelTimer = platform.setTimer(Math.max(0, wakeAt - platform.now()), () => {
      this.handle({ type: 'ticked' });
    });
  }

  private perform(effect: SessionEffect): void {
    const { platform } = this.shop;
    switch (effect.type) {
      case 'connect':
        return this.connect();
      case 'disconnect':
        this.generation += 1;
        this.socket?.close(effect.code, effect.reason);
        this.socket = null;
        return;
      case 'send':
        this.socket?.send(encode(effect.message));
        return;
      case 'begin':
        void this.begin(effect.lease, effect.work);
        return;
      case 'stop':
        return this.stop(effect);
      case 'parameters':
        return this.shop.parameters.take(effect);
      case 'keepIdentity':
        platform.saveIdentity(effect.identity).catch((error: unknown) => {
          platform.log('warn', `identity not kept: ${failureOf(error).message}`);
        });
        return;
      case 'joined':
      case 'lost':
      case 'room':
      case 'credited':
        this.options.onNews?.(effect);
        return;
      case 'log':
        platform.log(effect.level, effect.message);
        return;
      case 'end':
        this.generation += 1;
        this.resolve({ code: effect.code, message: effect.message });
        return;
      default:
        effect satisfies never;
    }
  }

  private connect(): void {
    this.generation += 1;
    const generation = this.generation;
    const current = (event: SessionEvent): void => {
      if (generation === this.generation) this.handle(event);
    };
    this.socket = this.shop.platform.connect({
      opened: () => {
        current({ type: 'opened' });
      },
      received: (bytes) => {
        const decoded = decodeServer(bytes);
        if (decoded.ok) current({ type: 'received', message: decoded.message });
        else current({ type: 'garbled', code: decoded.code, message: decoded.message });
      },
      closed: (code, reason) => {
        current({ type: 'closed', code, reason });
      },
    });
  }

  private stop({ leaseId, how, reason }: Extract<SessionEffect, { type: 'stop' }>): void {
    const running = this.stops.get(leaseId);
    if (!running) return;
    running.reason = reason;
    if (how === 'drop') running.drop.abort();
    running.stop.abort();
  }

  /** Runs one lease; raises exactly one ending. */
  private async begin({ leaseId }: LeaseKey, work: Work): Promise<void> {
    const running = { stop: new AbortController(), drop: new AbortController(), reason: '' };
    this.stops.set(leaseId, running);
    const calls = this.callsOf(leaseId, running);
    this.options.onNews?.({ type: 'began', leaseId, work });
    let ending: EndingEvent;
    try {
      const end = await doWork(this.shop, work, calls);
      ending = end.type === 'finished' ? { ...end, leaseId } : { ...end, leaseId, reason: reasonOf(end, running) };
      this.backendFailures = 0;
    } catch (error) {
      ending = { type: 'failed', leaseId, ...failureOf(error) };
    }
    this.stops.delete(leaseId);
    if (running.drop.signal.aborted) ending = { type: 'dropped', leaseId };
    this.options.onNews?.(endNews(leaseId, ending));
    this.handle(ending);
    if (ending.type === 'failed') this.noteBackend(ending.code, ending.message);
  }

  private callsOf(
    leaseId: LeaseId,
    running: { readonly stop: AbortController; readonly drop: AbortController },
  ): LeaseCalls {
    const { onNews, previewMs } = this.options;
    const { platform } = this.shop;
    let previewAt = platform.now();
    return {
      stop: running.stop.signal,
      drop: running.drop.signal,
      moved: (position) => {
        onNews?.({ type: 'moved', leaseId, position });
        this.handle({ type: 'moved', leaseId, position });
      },
      epochEnded: (points) => {
        onNews?.({ type: 'epochEnded', leaseId, points });
        this.handle({ type: 'epochEnded', leaseId, points });
      },
      pictured: (pictures) => {
        this.handle({ type: 'pictured', leaseId, pictures });
      },
      checkpointStored: (checkpoint) => {
        this.handle({ type: 'checkpointStored', leaseId, checkpoint });
      },
      previewDue: (last) => previewMs !== undefined && (last || platform.now() >= previewAt),
      previewed: (preview) => {
        previewAt = platform.now() + (previewMs ?? 0);
        onNews?.({ type: 'previewed', leaseId, preview });
      },
    };
  }

  /** A backend without memory rarely recovers: after some failures in a row a fresh process has to take over. */
  private noteBackend(code: string, message: string): void {
    this.backendFailures = code === 'E_OUT_OF_MEMORY' || code.startsWith('E_BACKEND') ? this.backendFailures + 1 : 0;
    if (this.backendFailures < this.shop.limits.backendFailuresMax) return;
    this.shop.platform.log('error', `the backend fails: ${code}: ${message}`);
    this.handle({ type: 'brokeDown', code: 'E_BACKEND', message });
  }
}
