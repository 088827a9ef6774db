import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeClient, encode, subprotocol, tokenOf, type ServerMessage } from '@gradpool/protocol';
import { WebSocketServer, type WebSocket } from 'ws';

/** A request as the fake saw it. */
interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body: unknown;
}

/** What to answer: a JSON value, or a text (or bytes) with its own status and type. */
type FakeAnswer =
  | { readonly json: unknown; readonly status?: number }
  | { readonly text: string | Uint8Array; readonly contentType: string; readonly status?: number };

export interface FakeOptions {
  /** Answers a request; null means 404. */
  readonly answer: (request: SeenRequest) => FakeAnswer | null;
  /** Sent to a viewer after its `watch`. */
  readonly snapshot?: () => ServerMessage;
  /** Every other token is refused with 401. */
  readonly tokens?: readonly string[];
}

export interface FakeCoordinator {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Sends to every viewer. */
  broadcast(message: ServerMessage): void;
  /** Drops every viewer's connection. */
  dropViewers(): void;
  close(): Promise<void>;
}

/** The HTTP and viewer-socket side of a coordinator, for tests: 127.0.0.1, a free port, answers given by the test. */
export async function startFakeCoordinator(options: FakeOptions): Promise<FakeCoordinator> {
  const seen: SeenRequest[] = [];
  const allowed = (token: string) => options.tokens?.includes(token) ?? true;
  const server = createServer((request, response) => void handle(request, response));
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const text = await bodyOf(request);
    const entry: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      token,
      body: text ? (JSON.parse(text) as unknown) : null,
    };
    seen.push(entry);
    if (!allowed(token)) return send(response, refused);
    send(response, options.answer(entry) ?? notFound);
  };
  const sockets = new WebSocketServer({
    server,
    path: '/socket',
    handleProtocols: () => subprotocol,
    verifyClient: ({ req }: { req: IncomingMessage }) =>
      allowed(tokenOf(req.headers['sec-websocket-protocol'] ?? '') ?? ''),
  });
  sockets.on('connection', (socket: WebSocket) => {
    socket.on('message', (data) => {
      const decoded = decodeClient(data as Buffer);
      const snapshot = options.snapshot?.();
      if (decoded.ok && decoded.message.type === 'watch' && snapshot) socket.send(encode(snapshot));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    broadcast: (message) => {
      for (const socket of sockets.clients) socket.send(encode(message));
    },
    dropViewers: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        sockets.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const notFound: FakeAnswer = { status: 404, json: { code: 'E_NOT_FOUND', message: 'there is nothing here' } };
const refused: FakeAnswer = { status: 401, json: { code: 'E_TOKEN', message: 'the token is wrong' } };

function send(response: ServerResponse, answer: FakeAnswer): void {
  const text = 'text' in answer ? answer.text : JSON.stringify(answer.json);
  const contentType = 'text' in answer ? answer.contentType : 'application/json';
  response.writeHead(answer.status ?? 200, { 'content-type': contentType }).end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
