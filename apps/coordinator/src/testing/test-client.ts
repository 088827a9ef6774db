import {
  decodeServer,
  encode,
  socketUrl,
  subprotocolsFor,
  supportedVersions,
  type ClientMessage,
  type MessageOf,
  type ServerMessage,
  type WorkerHello,
} from '@gradpool/protocol';
import { WebSocket } from 'ws';

type ServerMessageOf<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

/** A raw socket for tests: what arrives is kept until somebody asks for it. */
export class TestClient {
  readonly socket: WebSocket;
  readonly received: ServerMessage[] = [];
  /** Close code, once closed. */
  readonly closed: Promise<number>;
  private wake: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (bytes: Buffer) => {
      const decoded = decodeServer(bytes);
      if (!decoded.ok) throw new Error(`the coordinator sent ${decoded.code}: ${decoded.message}`);
      this.received.push(decoded.message);
      this.wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code) => {
        resolve(code);
        this.wake();
      });
    });
  }

  send(message: ClientMessage): void {
    this.socket.send(encode(message));
  }

  /** The next message of this type; those before it are dropped. Rejects where the socket closes first. */
  async next<Type extends ServerMessage['type']>(type: Type): Promise<ServerMessageOf<Type>> {
    for (;;) {
      for (let message = this.received.shift(); message; message = this.received.shift()) {
        if (message.type === type) return message as ServerMessageOf<Type>;
      }
      if (this.socket.readyState >= WebSocket.CLOSING) throw new Error(`closed while waiting for ${type}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Resolves when the coordinator has handled everything sent so far: a pong comes after it. */
  async settled(): Promise<void> {
    const pong = new Promise<void>((resolve) => this.socket.once('pong', () => resolve()));
    this.socket.ping();
    await pong;
  }

  close(): void {
    this.socket.close();
  }
}

export interface Endpoint {
  readonly url: string;
  readonly token: string;
}

/** Rejects where the handshake is refused. */
export async function connect({ url, token }: Endpoint, headers: Record<string, string> = {}): Promise<TestClient> {
  const socket = new WebSocket(socketUrl(url), subprotocolsFor(token), { headers });
  const client = new TestClient(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return client;
}

export const workerHello = (worker: Partial<WorkerHello> = {}): MessageOf<'hello'> => ({
  type: 'hello',
  versions: supportedVersions,
  role: 'worker',
  worker: {
    name: 'test worker',
    kind: 'train',
    platform: 'test',
    backend: 'none',
    numericClass: 'test',
    flopsPerSecond: 1e9,
    slots: 1,
    codeVersion: 'test',
    identity: null,
    held: [],
    ...worker,
  },
});

/** Connects, says hello and waits for the welcome. */
export async function joinAs(endpoint: Endpoint, worker: Partial<WorkerHello> = {}) {
  const client = await connect(endpoint);
  client.send(workerHello(worker));
  const welcome = await client.next('welcome');
  return { client, welcome };
}
