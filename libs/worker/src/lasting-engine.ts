import type { Backend } from '@gradpool/training';
import { backoffMs } from './backoff.ts';
import { EngineFailure } from './engine-failure.ts';
import type { EngineAnswers, EngineCall, EngineWish } from './engine-messages.ts';
import type { FromEngine, SharedDataset, ToEngine, TrainingNews } from './engine-messages.ts';
import type { Platform } from './platform.ts';
import type { Failure } from './work-error.ts';

/** A thread that has been started. */
export interface EngineThread {
  readonly post: (message: ToEngine) => void;
  /** Ends it at once; nothing is heard of it any more. */
  readonly end: () => void;
}

/** What a platform tells of one thread. `died`: it is gone and nobody asked it to; at most once. */
export interface EngineThreadHandlers {
  readonly heard: (message: FromEngine) => void;
  readonly died: (failure: Failure) => void;
}

export type StartThread = (handlers: EngineThreadHandlers) => EngineThread;

/** A call and whoever waits for its end. */
export interface Job {
  readonly dataset: SharedDataset;
  readonly call: EngineCall;
  readonly onNews: (news: TrainingNews) => void;
  readonly resolve: (answer: EngineAnswers[keyof EngineAnswers]) => void;
  readonly reject: (error: EngineFailure) => void;
}

export interface LastingEngineOptions {
  readonly startThread: StartThread;
  readonly clock: Pick<Platform, 'now' | 'setTimer' | 'random'>;
  /** A job has ended, or a thread has opened: there may be room for the next job. */
  readonly onRoom: () => void;
  /** A thread has died, or could not start again. */
  readonly onTrouble: (failure: Failure) => void;
}

const engineLimits = {
  /** A thread that died is started again after this long, doubling while none of its jobs ends well. */
  restartFirstMs: 250,
  restartMaxMs: 30_000,
  /** A job that was stopped and goes on for this long is hung: its slot would be lost for ever. */
  stopMs: 60_000,
} as const;

/** After such a failure the memory or the device of the thread is not to be trusted. */
const spoils = (code: string): boolean => code === 'E_OUT_OF_MEMORY' || code.startsWith('E_BACKEND');

/**
 * One of the engine threads, and the fresh one that follows when it dies.
 *
 *   starting -> ready             its backend is open
 *   ready -> resting              it died, or its memory is not to be trusted any more; its jobs fail
 *   resting -> starting           after a pause
 *   starting -> resting           it did not open; before it has ever been ready: -> over
 *   any -> over                   ended from outside
 */
export class LastingEngine {
  state: 'starting' | 'ready' | 'resting' | 'over' = 'starting';
  readonly jobs = new Map<number, Job>();
  readonly #options: LastingEngineOptions;
  #wish: EngineWish;
  #power = 1;
  #backend: Backend | null = null;
  #thread: EngineThread | null = null;
  /** Jobs of a thread are numbered, so that what an ended one still says concerns nobody. */
  #lastId = 0;
  /** Deaths since a job last ended well. */
  #deaths = 0;
  #cancelRestart: () => void = () => undefined;
  #onFirst: { readonly resolve: (backend: Backend) => void; readonly reject: (error: unknown) => void } | null = null;

  constructor(options: LastingEngineOptions, wish: EngineWish) {
    this.#options = options;
    this.#wish = wish;
  }

  /** Resolves with the backend once it is open; rejects with EngineFailure where it does not open. */
  open(): Promise<Backend> {
    return new Promise((resolve, reject) => {
      this.#onFirst = { resolve, reject };
      this.#start();
    });
  }

  run(job: Job): number {
    this.#lastId += 1;
    this.jobs.set(this.#lastId, job);
    this.#thread?.post({ type: 'call', id: this.#lastId, dataset: job.dataset, call: job.call });
    return this.#lastId;
  }

  tell(message: Extract<ToEngine, { type: 'ask' | 'stop' }>): void {
    if (!this.jobs.has(message.id)) return;
    this.#thread?.post(message);
    if (message.type === 'stop') this.#endIfHung(message.id);
  }

  setPower(share: number): void {
    this.#power = share;
    this.#thread?.post({ type: 'power', share });
  }

  end(): void {
    this.state = 'over';
    this.#cancelRestart();
    this.#endThread({ code: 'E_BACKEND', message: 'the engine was ended' });
  }

  #endIfHung(id: number): void {
    const { stopMs } = engineLimits;
    this.#options.clock.setTimer(stopMs, () => {
      if (!this.jobs.has(id)) return;
      this.#lost({ code: 'E_BACKEND', message: `a stopped training went on for ${stopMs / 1000} s` });
    });
  }

  #start(): void {
    this.state = 'starting';
    // What an ended thread still says is not heard.
    const current = (deed: () => void): void => {
      if (this.#thread === thread) deed();
    };
    const thread = this.#options.startThread({
      heard: (message) => {
        current(() => {
          this.#heard(message);
        });
      },
      died: (failure) => {
        current(() => {
          this.#lost(failure);
        });
      },
    });
    this.#thread = thread;
    thread.post({ type: 'power', share: this.#power });
    thread.post({ type: 'open', wish: this.#wish });
  }

  #heard(message: FromEngine): void {
    switch (message.type) {
      case 'opened':
        return this.#openedWith(message.backend);
      case 'notOpened':
        return this.#lost(message);
      case 'news':
        this.jobs.get(message.id)?.onNews(message.news);
        return;
      case 'done':
        this.#deaths = 0;
        this.#take(message.id)?.resolve(message.answer);
        return this.#options.onRoom();
      case 'failed':
        this.#take(message.id)?.reject(new EngineFailure(message, message.checkpoint));
        if (spoils(message.code)) return this.#lost(message);
        return this.#options.onRoom();
      default:
        message satisfies never;
    }
  }

  #openedWith(backend: Backend): void {
    const { name, numericClass, imagesPerSecond, flopsPerSecond } = backend;
    const before = this.#backend;
    if (before !== null && before.numericClass !== numericClass) {
      const message = `the fresh engine computes as ${numericClass}, not as ${before.numericClass}`;
      return this.#lost({ code: 'E_BACKEND', message });
    }
    this.#backend = backend;
    const chosen = name as NonNullable<EngineWish['remembered']>['name'];
    this.#wish = { ...this.#wish, candidates: [chosen], remembered: { name: chosen, imagesPerSecond, flopsPerSecond } };
    this.state = 'ready';
    this.#onFirst?.resolve(backend);
    this.#onFirst = null;
    this.#options.onRoom();
  }

  #take(id: number): Job | undefined {
    const job = this.jobs.get(id);
    this.jobs.delete(id);
    return job;
  }

  /** The thread is gone, or is ended because nothing good is to be expected of it. */
  #lost(failure: Failure): void {
    this.#endThread(failure);
    if (this.#onFirst) {
      this.state = 'over';
      this.#onFirst.reject(new EngineFailure(failure));
      this.#onFirst = null;
      return;
    }
    const { clock, onTrouble } = this.#options;
    const { restartFirstMs: firstMs, restartMaxMs: maxMs } = engineLimits;
    const delayMs = backoffMs({ attempt: this.#deaths, firstMs, maxMs, random: clock.random() });
    this.#deaths += 1;
    this.state = 'resting';
    this.#cancelRestart = clock.setTimer(delayMs, () => {
      this.#start();
    });
    onTrouble(failure);
  }

  #endThread(failure: Failure): void {
    this.#thread?.end();
    this.#thread = null;
    const jobs = [...this.jobs.values()];
    this.jobs.clear();
    for (const job of jobs) job.reject(new EngineFailure(failure));
  }
}
