import {
  afterClose,
  closeCodes,
  decodeServer,
  encode,
  errorOfClose,
  socketUrl,
  subprotocolsFor,
  supportedVersions,
  wireLimits,
  type ServerMessage,
} from '@gradpool/protocol';
import { WebSocket } from 'ws';
import type { ApiAddress } from './api.ts';
import { configError } from '../cli-error.ts';
import { trustedCertificates } from './trust.ts';

const viewerLimits = { firstRetryMs: 250, retryMaxMs: 4_000, handshakeMs: 10_000 } as const;

const httpRefusals: ReadonlyMap<number, number> = new Map([
  [401, closeCodes.badToken],
  [403, closeCodes.forbidden],
]);

export interface ViewerEvents {
  readonly onMessage: (message: ServerMessage) => void;
  /** The connection is there, or lost and being sought again. */
  readonly onConnected: (connected: boolean) => void;
  /** The coordinator refused; no further attempt would change that. */
  readonly onRefused: (error: Error) => void;
}

/** Watches a room until closed; reconnects with back-off, and a new snapshot then replaces what was known. */
export class Viewer {
  readonly #address: ApiAddress;
  readonly #events: ViewerEvents;
  #socket: WebSocket | null = null;
  #retry: NodeJS.Timeout | null = null;
  #retryMs: number = viewerLimits.firstRetryMs;
  #closed = false;

  constructor(address: ApiAddress, events: ViewerEvents) {
    this.#address = address;
    this.#events = events;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#socket?.close(1000);
    // A peer that does not answer the closing handshake must not keep the program alive.
    setTimeout(() => this.#socket?.terminate(), 500).unref();
  }

  #connect(): void {
    const socket = new WebSocket(socketUrl(this.#address.url), subprotocolsFor(this.#address.token), {
      handshakeTimeout: viewerLimits.handshakeMs,
      perMessageDeflate: false,
      maxPayload: wireLimits.frameBytesMax,
      ...(this.#address.ca !== null && { ca: trustedCertificates(this.#address.ca) }),
    });
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('open', () => socket.send(encode({ type: 'watch', versions: supportedVersions })));
    socket.on('message', (data) => this.#heard(data as Buffer));
    socket.on('error', () => undefined);
    socket.on('close', (code) => this.#lost(code));
    socket.on('unexpected-response', (request, response) => {
      // Refused before there was a socket: the HTTP status says what a close code would have said.
      request.destroy();
      this.#lost(httpRefusals.get(response.statusCode ?? 0) ?? closeCodes.unavailable);
    });
  }

  #heard(data: Uint8Array): void {
    const decoded = decodeServer(data);
    if (!decoded.ok) return;
    if (decoded.message.type === 'snapshot') {
      this.#retryMs = viewerLimits.firstRetryMs;
      this.#events.onConnected(true);
    }
    this.#events.onMessage(decoded.message);
  }

  #lost(code: number): void {
    if (this.#closed) return;
    this.#events.onConnected(false);
    if (afterClose(code) === 'fatal') {
      this.#closed = true;
      this.#events.onRefused(
        configError(errorOfClose(code) ?? 'E_TOKEN', `${this.#address.url} refused to be watched; check the token`),
      );
      return;
    }
    this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(viewerLimits.retryMaxMs, this.#retryMs * 2);
  }
}
