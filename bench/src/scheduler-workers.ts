import {
  decodeServer,
  encode,
  socketUrl,
  subprotocolsFor,
  supportedVersions,
  type ArtifactRef,
  type ClientMessage,
  type MessageOf,
  type Work,
} from '@gradpool/protocol';
import { WebSocket } from 'ws';

export interface SimulatedWorkerOptions {
  readonly url: string;
  readonly token: string;
  readonly name: string;
  readonly kind: 'train' | 'evaluate';
  readonly slots: number;
  /** False for one that only stays connected. */
  readonly pulls: boolean;
  /** Uploaded once; every simulated trial ends in these weights. */
  readonly weights: ArtifactRef;
  /** How long a trial takes, in ms. */
  readonly trialMs: number;
  /** Told how long it took from asking (with the result of the trial before) to the lease. */
  readonly onAssigned?: (ms: number) => void;
  /** Told of every lease to train; `say` speaks for the worker. */
  readonly onTraining?: (lease: MessageOf<'lease'>, say: (message: ClientMessage) => void) => void;
  readonly onSettled?: (accepted: boolean) => void;
  readonly onVerified?: () => void;
}

/** What a claim and its verification both say. */
const score = 0.05;

/**
 * A worker as libs/worker's session talks: it asks for the next lease in the same breath as it sends a result. It does
 * no work but waiting. Resolves when it is welcomed.
 */
export async function startSimulatedWorker(options: SimulatedWorkerOptions): Promise<WebSocket> {
  const socket = new WebSocket(socketUrl(options.url), subprotocolsFor(options.token));
  const asked: number[] = [];
  const say = (message: ClientMessage): void => socket.send(encode(message));
  let held = 0;
  // `want` says how many further leases it would take now, so it replaces what an earlier pull said.
  const pull = (): void => {
    const want = options.slots - held;
    while (asked.length < want) asked.push(performance.now());
    say({ type: 'pull', want });
  };
  const finish = ({ lease, work }: MessageOf<'lease'>): void => {
    say({ type: 'result', lease, outcome: outcomeOf(work, options.weights) });
    if (work.kind === 'verify') options.onVerified?.();
    held -= 1;
    pull();
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', (code) => reject(new Error(`${options.name} was closed with ${code}`)));
    socket.once('open', () => say(hello(options)));
    socket.on('message', (bytes: Buffer) => {
      const decoded = decodeServer(bytes);
      if (!decoded.ok) throw new Error(`${decoded.code}: ${decoded.message}`);
      const { message } = decoded;
      if (message.type === 'welcome') {
        const beat = setInterval(() => say({ type: 'heartbeat', leases: [] }), message.heartbeatMs);
        socket.once('close', () => clearInterval(beat));
        if (options.pulls) pull();
        resolve();
      } else if (message.type === 'lease') {
        held += 1;
        const since = asked.shift();
        if (since !== undefined) options.onAssigned?.(performance.now() - since);
        if (message.work.kind === 'train') {
          options.onTraining?.(message, say);
          setTimeout(() => finish(message), options.trialMs);
        } else finish(message);
      } else if (message.type === 'settled') options.onSettled?.(message.accepted);
      else if (message.type === 'error') throw new Error(`${message.code}: ${message.message}`);
    });
  });
  return socket;
}

function hello({ name, kind, slots }: SimulatedWorkerOptions): MessageOf<'hello'> {
  return {
    type: 'hello',
    versions: supportedVersions,
    role: 'worker',
    worker: {
      name,
      kind,
      platform: 'bench',
      backend: 'none',
      numericClass: 'bench',
      flopsPerSecond: 1e9,
      slots,
      codeVersion: 'bench',
      identity: null,
      held: [],
    },
  };
}

const none = { silhouette: 0, neighbourAccuracy: 0 };
const noSeparation = { codes: none, pca: none, tsne: none };

function outcomeOf(work: Work, weights: ArtifactRef): MessageOf<'result'>['outcome'] {
  switch (work.kind) {
    case 'train':
      return {
        kind: 'train',
        score,
        validationMse: null,
        weights,
        segments: [{ worker: 'bench', fromEpoch: 0, toEpoch: 1, numericClass: 'bench' }],
        images: 1,
        durationMs: 1,
      };
    case 'verify':
      return { kind: 'verify', score, measures: {}, details: null, reason: null, durationMs: 1 };
    case 'baseline':
      return { kind: 'baseline', values: work.tasks.map((task) => ({ ...task, testMse: score })), durationMs: 1 };
    case 'embed':
      // Refused, which nothing waits for.
      return { kind: 'embed', map: weights, points: 0, separation: noSeparation, durationMs: 1 };
    case 'validate':
    case 'micro':
    case 'lane':
      throw new Error('the sweeps of this bench are not pooled');
    default:
      return work satisfies never;
  }
}
