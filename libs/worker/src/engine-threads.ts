import type { Backend } from '@gradpool/training';
import { EngineFailure } from './engine-failure.ts';
import type { EngineAnswers, EngineCall, EngineWish, SharedDataset, TrainingNews } from './engine-messages.ts';
import { LastingEngine, type Job, type StartThread } from './lasting-engine.ts';
import type { Platform } from './platform.ts';
import { failureOf, type Failure } from './work-error.ts';

export interface EngineThreadsOptions {
  /** Threads to start; fewer work where not all come up, and one where the backend allows no more. */
  readonly engines: number;
  /** Calls that one thread works on at a time, turn by turn. */
  readonly jobsPerEngine: number;
  readonly startThread: StartThread;
  readonly wish: EngineWish;
  readonly clock: Pick<Platform, 'now' | 'setTimer' | 'random'>;
  readonly log: Platform['log'];
}

export interface EngineCallOptions {
  readonly dataset: SharedDataset;
  readonly signal: AbortSignal;
  /** Hears what a training says; `ask` makes it give the next checkpoint or preview. */
  readonly onNews?: (news: TrainingNews, ask: (what: 'checkpoint' | 'preview') => void) => void;
}

/** A graphics device, and TensorFlow's own threads, are busy with one training. */
const oneEngineBackends: ReadonlySet<string> = new Set(['webgpu', 'webgl', 'tensorflow']);

interface Waiting {
  readonly job: Job;
  readonly began: (engine: LastingEngine, id: number) => void;
}

/**
 * Opens threads that compute side by side on one backend. The first one chooses and measures it, the others open the same.
 * Rejects with EngineFailure where not even one opens; a thread that dies later is started again, and costs the calls that
 * it was working on, no others.
 */
export async function openEngineThreads(options: EngineThreadsOptions): Promise<EngineThreads> {
  const threads = new EngineThreads(options);
  await threads.open();
  return threads;
}

export class EngineThreads {
  readonly #options: EngineThreadsOptions;
  readonly #waiting: Waiting[] = [];
  #engines: LastingEngine[] = [];
  #backend: Backend | null = null;
  #power = 1;

  constructor(options: EngineThreadsOptions) {
    this.#options = options;
  }

  /** To be called once, by `openEngineThreads`. */
  async open(): Promise<void> {
    const first = this.#newEngine(this.#options.wish);
    this.#engines = [first];
    const backend = await first.open();
    this.#backend = backend;
    const more = oneEngineBackends.has(backend.name) ? 0 : this.#options.engines - 1;
    await this.#openMore(backend, more);
  }

  /** What the first thread chose and measured. */
  get backend(): Backend {
    if (this.#backend === null) throw new Error('the engines are not open');
    return this.#backend;
  }

  /** Calls that can be under way at a time. */
  get slots(): number {
    return this.#engines.length * this.#options.jobsPerEngine;
  }

  /** One call, in the next thread that is free. Rejects with EngineFailure; once `signal` is aborted, with the state. */
  run<Call extends EngineCall>(
    call: Call,
    { dataset, signal, onNews }: EngineCallOptions,
  ): Promise<EngineAnswers[Call['method']]> {
    return new Promise((resolve, reject) => {
      let place: { readonly engine: LastingEngine; readonly id: number } | null = null;
      const stop = (): void => {
        if (place) place.engine.tell({ type: 'stop', id: place.id });
        else this.#forget(job);
      };
      const over = (): void => {
        signal.removeEventListener('abort', stop);
      };
      const job: Job = {
        dataset,
        call,
        onNews: (news) => {
          onNews?.(news, (what) => place?.engine.tell({ type: 'ask', id: place.id, what }));
        },
        resolve: (answer) => {
          over();
          resolve(answer as EngineAnswers[Call['method']]);
        },
        reject: (error) => {
          over();
          reject(error);
        },
      };
      const began = (engine: LastingEngine, id: number): void => {
        place = { engine, id };
      };
      signal.addEventListener('abort', stop);
      this.#waiting.push({ job, began });
      if (signal.aborted) stop();
      else this.#place();
    });
  }

  /** Share of its time that each thread may work, above 0, at most 1. */
  setPower(share: number): void {
    this.#power = share;
    for (const engine of this.#engines) engine.setPower(share);
  }

  /** Ends all threads at once; what they were working on fails. */
  close(): void {
    for (const engine of this.#engines) engine.end();
    for (const { job } of this.#waiting.splice(0)) job.reject(stopped());
  }

  #newEngine(wish: EngineWish): LastingEngine {
    const { startThread, clock } = this.#options;
    const engine = new LastingEngine(
      {
        startThread,
        clock,
        onRoom: () => {
          this.#place();
        },
        onTrouble: (failure) => {
          this.#troubled(failure);
        },
      },
      wish,
    );
    engine.setPower(this.#power);
    return engine;
  }

  /** Others like the first. One that does not come up, or computes other bits, is left out. */
  async #openMore({ name, numericClass, imagesPerSecond, flopsPerSecond }: Backend, count: number): Promise<void> {
    const chosen = name as NonNullable<EngineWish['remembered']>['name'];
    const remembered = { name: chosen, imagesPerSecond, flopsPerSecond };
    const wish = { ...this.#options.wish, candidates: [chosen], remembered };
    const engines = Array.from({ length: count }, () => this.#newEngine(wish));
    await Promise.all(
      engines.map(async (engine) => {
        try {
          const backend = await engine.open();
          if (backend.numericClass === numericClass) return;
          engine.end();
          this.#options.log('warn', `an engine computes as ${backend.numericClass} and is left out`);
        } catch (error) {
          this.#options.log('warn', `an engine did not start and is left out: ${failureOf(error).message}`);
        }
      }),
    );
    this.#engines = [...this.#engines, ...engines.filter(({ state }) => state !== 'over')];
  }

  #place(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const engine = this.#leastBusy();
      if (!engine) return;
      this.#waiting.shift();
      next.began(engine, engine.run(next.job));
    }
  }

  #leastBusy(): LastingEngine | null {
    const free = this.#engines.filter(
      ({ state, jobs }) => state === 'ready' && jobs.size < this.#options.jobsPerEngine,
    );
    return free.reduce<LastingEngine | null>(
      (least, engine) => (least === null || engine.jobs.size < least.jobs.size ? engine : least),
      null,
    );
  }

  #forget(job: Job): void {
    const at = this.#waiting.findIndex((waiting) => waiting.job === job);
    if (at >= 0) this.#waiting.splice(at, 1);
    job.reject(stopped());
  }

  /** While an engine is away the call that has waited longest fails, so that its work goes on elsewhere. */
  #troubled({ code, message }: Failure): void {
    this.#options.log('warn', `an engine failed and is started again: ${code}: ${message}`);
    this.#waiting.shift()?.job.reject(new EngineFailure({ code, message }));
    this.#place();
  }
}

const stopped = (): EngineFailure => new EngineFailure({ code: 'E_WORK', message: 'stopped before it began' });
