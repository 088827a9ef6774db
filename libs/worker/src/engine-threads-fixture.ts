import { mnistManifest, trialSpec } from '@gradpool/experiment';
import type { Backend } from '@gradpool/training';
import type { Engine, TrainTask, Trained } from './engine.ts';
import type { FromEngine, SharedDataset, ToEngine } from './engine-messages.ts';
import { openEngineThreads, type EngineThreads, type EngineThreadsOptions } from './engine-threads.ts';
import type { EngineThreadHandlers } from './lasting-engine.ts';
import { serveEngine } from './serve-engine.ts';

/** For tests: a thread whose messages are cloned as between real ones, and whose engine the test steers. */
interface FakeThread {
  readonly wishes: Extract<ToEngine, { type: 'open' }>['wish'][];
  readonly powers: number[];
  /** Trainings that this thread was given, and their ends. */
  readonly trainings: {
    readonly task: TrainTask<string>;
    readonly finish: (trained: Trained) => void;
    readonly fail: (error: unknown) => void;
  }[];
  readonly loads: string[];
  ended: boolean;
  /** Ends it as a crash would. */
  readonly die: (message: string) => void;
}

export interface FakeThreads {
  readonly threads: FakeThread[];
  readonly log: string[];
  /** What the next threads open; an Error does not open. */
  backend: (threadNumber: number) => Backend | Error;
  readonly open: (changes?: Partial<EngineThreadsOptions>) => Promise<EngineThreads>;
  readonly advance: (ms: number) => Promise<void>;
}

export const fakeBackend: Backend = {
  name: 'wasm',
  numericClass: 'wasm/test',
  imagesPerSecond: 100,
  flopsPerSecond: 1e9,
  report: [],
};

export const sharedDataset: SharedDataset = {
  digest: 'a-digest',
  manifest: mnistManifest,
  files: Object.fromEntries(mnistManifest.files.map(({ sha256 }) => [sha256, new Uint8Array(1)])),
};

export const anySpec = trialSpec.parse({ dataset: 'mnist', latent: 2, epochs: 1, seed: 0 });

/** Lets all messages and promises through. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 8; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

export function fakeThreads(): FakeThreads {
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  let now = 0;
  const self: FakeThreads = {
    threads: [],
    log: [],
    backend: () => fakeBackend,
    open: (changes) =>
      openEngineThreads({
        engines: 2,
        jobsPerEngine: 1,
        wish: { candidates: ['wasm', 'cpu'] },
        startThread: (handlers) => startThread(self, handlers),
        clock: {
          now: () => now,
          random: () => 0.999,
          setTimer: (ms, callback) => {
            const timer = { at: now + ms, callback };
            timers.add(timer);
            return () => timers.delete(timer);
          },
        },
        log: (level, message) => self.log.push(`${level} ${message}`),
        ...changes,
      }),
    advance: async (ms) => {
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.callback();
      }
      await settle();
    },
  };
  return self;
}

function startThread(self: FakeThreads, handlers: EngineThreadHandlers) {
  const thread: FakeThread = {
    wishes: [],
    powers: [],
    trainings: [],
    loads: [],
    ended: false,
    die: (message) => {
      handlers.died({ code: 'E_BACKEND', message });
    },
  };
  const number = self.threads.push(thread) - 1;
  const hear = serveEngine({
    engine: steeredEngine(thread),
    openBackend: (wish) => {
      thread.wishes.push(wish);
      const backend = self.backend(number);
      return backend instanceof Error ? Promise.reject(backend) : Promise.resolve(backend);
    },
    yieldToLoop: () => Promise.resolve(),
    tell: (message: FromEngine) => {
      const cloned = structuredClone(message);
      setImmediate(() => {
        handlers.heard(cloned);
      });
    },
    onPower: (share) => thread.powers.push(share),
  });
  return {
    post: (message: ToEngine) => {
      const cloned = structuredClone(message);
      setImmediate(() => {
        hear(cloned);
      });
    },
    end: () => {
      thread.ended = true;
    },
  };
}

const none = { silhouette: 0, neighbourAccuracy: 0 };
const noSeparation = { codes: none, pca: none, tsne: none };

function steeredEngine(thread: FakeThread): Engine<string> {
  return {
    loadDataset: async (manifest, read) => {
      const files = await Promise.all(manifest.files.map(read));
      const name = `${manifest.name}, ${files.length} files`;
      thread.loads.push(name);
      return name;
    },
    trainTrial: (task) =>
      new Promise((resolve, reject) => {
        thread.trainings.push({ task, finish: resolve, fail: reject });
      }),
    evaluateWeights: ({ weights }) => Promise.resolve({ measures: { test_mse: weights.length }, details: null }),
    embedWeights: ({ weights }) =>
      Promise.resolve({ map: new Uint8Array(4), points: weights.length, separation: noSeparation }),
    validateWeights: ({ weights, epoch }) =>
      Promise.resolve({ validationMse: weights.length, overfitGap: epoch, pictures: new Uint8Array(2) }),
    computeMicroBatches: ({ parameters, from, to }) =>
      Promise.resolve({ sum: Uint8Array.from(parameters), loss: 0.5, images: to - from }),
    trainLane: ({ parameters, moments, steps }) =>
      Promise.resolve({
        delta: new Uint8Array(parameters.buffer.slice(0)),
        moments: { step: (moments?.step ?? 0) + steps, vectors: [parameters] },
        loss: 0.5,
        images: steps,
      }),
    computeBaselines: ({ tasks }) => Promise.resolve(tasks.map((task) => ({ ...task, testMse: 0.5 }))),
  };
}
