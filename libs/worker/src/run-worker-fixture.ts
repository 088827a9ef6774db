import { datasetDigest, mnistManifest } from '@gradpool/experiment';
import { decodeClient, encode, type ClientMessage, type Digest, type ServerMessage } from '@gradpool/protocol';
import { parameterBytes, sha256Hex } from '@gradpool/tensors';
import type { Engine, TrainTask } from './engine.ts';
import type { Identity, Platform, SocketHandlers } from './platform.ts';
import { runWorker, type WorkerEnd, type WorkerOptions } from './run-worker.ts';
import { workerId } from './session-fixture.ts';
import { WorkError } from './work-error.ts';

/** For tests: a worker on a clock that only `advance` moves, a coordinator that the test plays, and an engine it steers. */
export interface Workplace {
  now: number;
  readonly connections: { readonly handlers: SocketHandlers; readonly sent: ClientMessage[]; closed: number | null }[];
  readonly artifacts: Map<string, Uint8Array>;
  readonly log: string[];
  readonly calls: string[];
  readonly drain: AbortController;
  readonly end: Promise<WorkerEnd>;
  identity: Identity | null;
  manifest: unknown;
  /** Taken before each upload or fetch; rejects to break it. */
  gate: (what: 'put' | 'get' | 'manifest') => Promise<void>;
  /** The training that is going on, and its end. */
  training: {
    readonly task: TrainTask<string>;
    finish: (weights: Float32Array) => void;
    fail: (error: unknown) => void;
  } | null;
  evaluate: Engine<string>['evaluateWeights'];
  /** Everything sent on the newest connection. */
  readonly sent: () => ClientMessage[];
  readonly hear: (message: ServerMessage) => Promise<void>;
  readonly join: () => Promise<void>;
  readonly lose: () => Promise<void>;
  readonly advance: (ms: number) => Promise<void>;
}

export const manifestDigest = datasetDigest(mnistManifest) as Digest;

/** Lets all promises that can settle do so. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

export function workplace(options: Partial<WorkerOptions> = {}): Workplace {
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  const drain = new AbortController();
  const place: Workplace = {
    now: 0,
    connections: [],
    artifacts: new Map(),
    log: [],
    calls: [],
    drain,
    identity: null,
    manifest: mnistManifest,
    gate: () => Promise.resolve(),
    training: null,
    evaluate: () => Promise.resolve({ measures: { test_mse: 0.25 }, details: null }),
    sent: () => place.connections.at(-1)?.sent ?? [],
    hear: async (message) => {
      place.connections.at(-1)?.handlers.received(encode(message));
      await settle();
    },
    join: () => join(place),
    lose: async () => {
      place.connections.at(-1)?.handlers.closed(1006, '');
      await settle();
    },
    advance: (ms) => advance(place, timers, ms),
    end: Promise.resolve({ code: null, message: '' }),
  };
  const worker = { name: 'tester', kind: 'train', platformName: 'test', slots: 1, codeVersion: '0.1.0', ...options };
  const run = runWorker(platformOf(place, timers), engineOf(place), {
    ...worker,
    drain: drain.signal,
  } as WorkerOptions);
  return Object.assign(place, { end: run });
}

function platformOf(place: Workplace, timers: Set<{ at: number; callback: () => void }>): Platform {
  return {
    now: () => place.now,
    setTimer: (ms, callback) => {
      const timer = { at: place.now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    random: () => 0.999,
    yieldToLoop: () => Promise.resolve(),
    connect: (handlers) => {
      const connection = { handlers, sent: [] as ClientMessage[], closed: null as number | null };
      place.connections.push(connection);
      return {
        send: (bytes) => {
          const decoded = decodeClient(bytes);
          if (!decoded.ok) throw new Error(decoded.message);
          connection.sent.push(decoded.message);
        },
        close: (code) => {
          connection.closed = code;
        },
      };
    },
    loadIdentity: () => Promise.resolve(place.identity),
    saveIdentity: (identity) => {
      place.identity = identity;
      return Promise.resolve();
    },
    getArtifact: async (sha256) => {
      place.calls.push('get');
      await place.gate('get');
      const bytes = place.artifacts.get(sha256);
      if (!bytes) throw new WorkError('E_ARTIFACT_MISSING', `no artifact ${sha256}`);
      return bytes;
    },
    sha256: (bytes) => Promise.resolve(sha256Hex(bytes)),
    putArtifact: async (sha256, bytes, signal) => {
      place.calls.push('put');
      await place.gate('put');
      if (signal.aborted) throw new WorkError('E_UNREACHABLE', 'aborted');
      if (sha256Hex(bytes) !== sha256) throw new Error('named wrongly');
      place.artifacts.set(sha256, bytes.slice());
    },
    datasetManifest: async () => {
      place.calls.push('manifest');
      await place.gate('manifest');
      return place.manifest;
    },
    dataFile: () => Promise.resolve(new Uint8Array(0)),
    openBackend: () => Promise.resolve({ name: 'fake', numericClass: 'fake-1', flopsPerSecond: 1e9 }),
    log: (level, message) => place.log.push(`${level} ${message}`),
  };
}

const none = { silhouette: 0, neighbourAccuracy: 0 };
const noSeparation = { codes: none, pca: none, tsne: none };

function engineOf(place: Workplace): Engine<string> {
  return {
    loadDataset: (manifest) => {
      place.calls.push('load');
      return Promise.resolve(manifest.name);
    },
    trainTrial: (task) =>
      new Promise((resolve, reject) => {
        place.training = {
          task,
          finish: (weights) => {
            resolve({ weights, score: 0.5, measures: {}, validationMse: null, epochs: task.spec.epochs, images: 128 });
          },
          fail: reject,
        };
        task.signal.addEventListener('abort', () => {
          const checkpoint = { epoch: 1, bytes: new Uint8Array([1, 2, 3]) };
          reject(Object.assign(new Error('interrupted'), { checkpoint }));
        });
      }),
    evaluateWeights: (task) => place.evaluate(task),
    embedWeights: ({ weights }) =>
      Promise.resolve({ map: parameterBytes(weights), points: weights.length, separation: noSeparation }),
    validateWeights: ({ weights, epoch }) =>
      Promise.resolve({ validationMse: weights.length, overfitGap: epoch, pictures: parameterBytes(weights) }),
    computeMicroBatches: ({ parameters, from, to }) =>
      Promise.resolve({ sum: Uint8Array.from(parameters, (value) => value * (to - from)), loss: 0.5, images: 1 }),
    trainLane: ({ parameters, moments, steps }) =>
      Promise.resolve({
        delta: new Uint8Array(parameters.buffer.slice(0)),
        moments: { step: (moments?.step ?? 0) + steps, vectors: [parameters] },
        loss: 0.5,
        images: steps,
      }),
    computeBaselines: ({ tasks }) => Promise.resolve(tasks.map((task) => ({ ...task, testMse: 0.1 }))),
  };
}

async function join(place: Workplace): Promise<void> {
  await settle();
  place.connections.at(-1)?.handlers.opened();
  const secret = place.identity ? null : 'sesame';
  const times = { heartbeatMs: 2_000, leaseMs: 9_000 };
  await place.hear({ type: 'welcome', version: 1, workerId, secret, ...times, codeVersion: '0.1.0' });
}

async function advance(place: Workplace, timers: Set<{ at: number; callback: () => void }>, ms: number): Promise<void> {
  const until = place.now + ms;
  await settle();
  for (;;) {
    const due = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
    if (!due) break;
    timers.delete(due);
    place.now = Math.max(place.now, due.at);
    due.callback();
    await settle();
  }
  place.now = until;
}
