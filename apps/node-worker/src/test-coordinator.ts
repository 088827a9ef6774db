import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  closeCodes,
  decodeClient,
  encode,
  subprotocol,
  tokenOf,
  type ClientMessage,
  type MessageOf,
  type ServerMessage,
  type SpecJson,
  type Work,
} from '@gradpool/protocol';
import { WebSocketServer, type WebSocket } from 'ws';
import { firstOfMnist, type TestData } from './test-data.ts';

/**
 * For tests: a coordinator that decides nothing. It speaks the protocol over real sockets, serves a data set and
 * keeps artifacts; the test says what it sends.
 */
export interface TestCoordinator {
  readonly url: string;
  readonly received: ClientMessage[];
  readonly artifacts: Map<string, Uint8Array>;
  /** Paths of HTTP requests, in order. */
  readonly requests: string[];
  data: TestData;
  /** Answers every hello with this; null to stay silent. */
  welcome: Partial<MessageOf<'welcome'>> | null;
  /** Answers every ending with `settled`. */
  settles: boolean;
  /** Damages what is served, for one request. */
  damageNext: boolean;
  readonly send: (message: ServerMessage) => void;
  /** The first message of this type that fits, from those received already or later. */
  readonly next: <Type extends ClientMessage['type']>(
    type: Type,
    fits?: (message: MessageOf<Type>) => boolean,
  ) => Promise<MessageOf<Type>>;
  /** Cuts the socket without a close frame. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

export const token = 'join-token';
export const workerId = '01900000-0000-7000-8000-0000000000aa';
export const leaseKey = (n: number) => ({
  leaseId: `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as MessageOf<'lease'>['lease']['leaseId'],
  fence: 1,
});

export const firstPictures = firstOfMnist(1_000, 500);

/** A short real training: the first pictures of MNIST through a small autoencoder. */
export const smallSpec = {
  dataset: 'mnist',
  latent: 4,
  hidden: [32],
  epochs: 2,
  batch_size: 64,
  train_images: 512,
  learning_rate: 0.01,
  validation_images: 128,
  seed: 1,
} satisfies SpecJson;

export function trainLease(n: number, overrides: Partial<Extract<Work, { kind: 'train' }>> = {}): ServerMessage {
  const id = workerId as never;
  const work = {
    kind: 'train',
    sweepId: id,
    trialId: id,
    spec: smallSpec,
    dataset: firstPictures.digest,
    metric: 'test_mse',
  } as const;
  return {
    type: 'lease',
    lease: leaseKey(n),
    leaseMs: 9_000,
    work: { ...work, attempt: 1, resume: null, copy: false, ...overrides },
  };
}

const endings: ReadonlySet<string> = new Set(['result', 'release', 'failed']);

export async function startTestCoordinator(port = 0): Promise<TestCoordinator> {
  const waiting = new Set<(message: ClientMessage) => void>();
  const sockets = new Set<WebSocket>();
  const server = createServer((request, response) => void serve(self, request, response));
  const wss = new WebSocketServer({
    server,
    path: '/socket',
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  wss.on('connection', (socket, request) => {
    if (tokenOf(request.headers['sec-websocket-protocol'] ?? '') !== token) {
      return socket.close(closeCodes.badToken, 'E_TOKEN');
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (bytes: Buffer) => {
      const decoded = decodeClient(bytes);
      if (!decoded.ok) throw new Error(`the worker sent ${decoded.code}: ${decoded.message}`);
      self.received.push(decoded.message);
      for (const notice of [...waiting]) notice(decoded.message);
      answer(self, decoded.message);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const self: TestCoordinator = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    artifacts: new Map(),
    requests: [],
    data: firstPictures,
    welcome: {},
    settles: true,
    damageNext: false,
    send: (message) => {
      for (const socket of sockets) socket.send(encode(message));
    },
    next: (type, fits = () => true) =>
      new Promise((resolve) => {
        const look = (message: ClientMessage): void => {
          if (message.type !== type || !fits(message as never)) return;
          waiting.delete(look);
          resolve(message as never);
        };
        waiting.add(look);
        for (const message of self.received) if (waiting.has(look)) look(message);
      }),
    cut: () => {
      for (const socket of sockets) socket.terminate();
    },
    close: async () => {
      for (const socket of wss.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

function answer(self: TestCoordinator, message: ClientMessage): void {
  if (message.type === 'hello' && self.welcome) self.send(welcomeTo(message, self.welcome));
  if (!self.settles || !endings.has(message.type) || !('lease' in message)) return;
  self.send({ type: 'settled', lease: message.lease, accepted: true, code: null, message: null });
}

function welcomeTo({ worker }: MessageOf<'hello'>, overrides: Partial<MessageOf<'welcome'>>): ServerMessage {
  return {
    type: 'welcome',
    version: 1,
    workerId: workerId as MessageOf<'welcome'>['workerId'],
    secret: worker.identity ? null : 'sesame',
    heartbeatMs: 500,
    leaseMs: 9_000,
    codeVersion: '0.1.0',
    ...overrides,
  };
}

async function serve(self: TestCoordinator, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  self.requests.push(`${method} ${url}`);
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { code: 'E_TOKEN', message: 'wrong' });
  const name = url.split('/').at(-1) ?? '';
  if (url === `/api/datasets/${self.data.digest}`) return answer(200, self.data.manifest);
  const bytes = url.startsWith('/data/') ? self.data.file(name) : (self.artifacts.get(name) ?? null);
  if (method === 'PUT') return answer(...(await keep(self, name, request)));
  if (!bytes) return answer(404, { code: 'E_NOT_FOUND', message: `nothing at ${url}` });
  const damaged = self.damageNext ? Uint8Array.from(bytes).fill(7, 0, 1) : bytes;
  self.damageNext = false;
  response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(damaged);
}

async function keep(self: TestCoordinator, name: string, request: IncomingMessage): Promise<[number, unknown]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== name) return [400, { code: 'E_ARTIFACT_DIGEST', message: found }];
  self.artifacts.set(name, bytes);
  return [201, { sha256: name, bytes: bytes.length, created: true }];
}
