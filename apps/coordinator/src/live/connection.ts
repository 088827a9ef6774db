import {
  closeCodes,
  decodeClient,
  encode,
  type ClientMessage,
  type CloseCode,
  type ErrorCode,
  type Role,
  type ServerMessage,
  type WorkerId,
} from '@gradpool/protocol';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { CoordinatorLimits } from '../limits.ts';
import { startRate } from './rate.ts';

/** Who is at the other end, once the first message has said so. */
export type Session =
  { readonly kind: 'new' } | { readonly kind: 'worker'; readonly workerId: WorkerId } | { readonly kind: 'viewer' };

export interface ConnectionParts {
  readonly limits: CoordinatorLimits;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** True while no frame should be handled because the store is behind. */
  readonly saturated: () => boolean;
  /** Handles one message; a promise holds back the connection's next ones until it settles. */
  readonly handle: (connection: Connection, message: ClientMessage) => Promise<void> | undefined;
  readonly onRefused: (code: string) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * One socket: frames in, in order, one at a time, at a bounded rate and with a bounded inbox; frames out with a bounded
 * backlog. Whatever bytes come in, nothing is thrown out of `receive`.
 */
export class Connection {
  readonly role: Role;
  session: Session = { kind: 'new' };
  /** True after the peer's `bye`: its close is then no loss. */
  saidBye = false;
  private readonly socket: WebSocket;
  /** The TCP connection under it. */
  private readonly stream: Socket;
  private readonly parts: ConnectionParts;
  private readonly takeRate: () => boolean;
  private readonly inbox: Uint8Array[] = [];
  private inboxBytes = 0;
  private busy = false;
  private refused = false;
  private onDone: (() => void) | null = null;
  /** False from a ping until the peer shows any sign of life. */
  alive = true;

  constructor({ socket, stream, role }: { socket: WebSocket; stream: Socket; role: Role }, parts: ConnectionParts) {
    this.socket = socket;
    this.stream = stream;
    this.role = role;
    this.parts = parts;
    const { framesPerSecondMax, framesBurstMax } = parts.limits;
    this.takeRate = startRate({ perSecond: framesPerSecondMax, burst: framesBurstMax }, parts.clock);
    socket.on('pong', () => {
      this.alive = true;
    });
  }

  get open(): boolean {
    return !this.refused && this.socket.readyState === this.socket.OPEN;
  }

  get bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** Takes one frame, also where the peer has closed behind it. Text frames are no messages. */
  receive(bytes: Uint8Array, isBinary: boolean): void {
    if (this.refused) return;
    this.alive = true;
    if (!this.takeRate()) return this.refuse('E_RATE', 'too many frames a second', closeCodes.rate);
    if (!isBinary) return this.refuse('E_FRAME_MALFORMED', 'a message is a binary frame', closeCodes.badFrame);
    if (this.busy || this.inbox.length > 0 || this.parts.saturated()) this.queue(bytes);
    else this.read(bytes);
  }

  /** Goes on with queued frames; called when the loop has room again. */
  resume(): void {
    while (!this.busy && !this.refused && this.inbox.length > 0 && !this.parts.saturated()) {
      const bytes = this.inbox.shift();
      if (!bytes) break;
      this.inboxBytes -= bytes.length;
      this.read(bytes);
    }
    if (this.inbox.length > 0 || this.busy) return;
    if (this.socket.isPaused) this.socket.resume();
    this.onDone?.();
    this.onDone = null;
  }

  /** Calls back when everything that came before the close is handled. */
  whenDone(callback: () => void): void {
    if (this.inbox.length === 0 && !this.busy) callback();
    else this.onDone = callback;
  }

  send(message: ServerMessage): void {
    this.sendBytes(encode(message));
  }

  /** Sends an encoded frame; a peer that does not take in what waits for it is closed. */
  sendBytes(bytes: Uint8Array): void {
    if (!this.open) return;
    const waiting = this.socket.bufferedAmount;
    if (waiting > this.parts.limits.outgoingBytesMax) {
      return this.refuse('E_SLOW', `${waiting} bytes wait for this connection to take them in`, closeCodes.slow);
    }
    this.socket.send(bytes, { binary: true }, ignoreSendError);
  }

  /** Holds packets back until `uncork`, which sends what has gathered in one system call. */
  cork(): void {
    this.stream.cork();
  }

  uncork(): void {
    this.stream.uncork();
  }

  /** Says what was wrong, without closing. */
  warn(code: ErrorCode, message: string): void {
    this.parts.onRefused(code);
    this.send({ type: 'error', code, message: clip(message) });
  }

  /** Says what was wrong and closes with a code that tells the peer whether to come back. */
  refuse(code: ErrorCode, message: string, close: CloseCode): void {
    if (this.refused) return;
    this.parts.onRefused(code);
    if (this.open) {
      this.socket.send(encode({ type: 'error', code, message: clip(message) }), { binary: true }, ignoreSendError);
    }
    this.close(close, code);
  }

  close(code: number, reason: string): void {
    if (this.refused) return;
    this.refused = true;
    this.inbox.length = 0;
    if (this.socket.isPaused) this.socket.resume();
    this.socket.close(code, reason.slice(0, 120));
    setTimeout(() => this.socket.terminate(), this.parts.limits.closeGraceMs).unref();
  }

  ping(): void {
    if (!this.alive) return this.socket.terminate();
    this.alive = false;
    this.socket.ping();
  }

  private queue(bytes: Uint8Array): void {
    const { inboxFramesMax, inboxBytesMax } = this.parts.limits;
    // What was read before `pause` took hold still arrives, so pausing alone would not bound the inbox.
    if (this.inbox.length >= inboxFramesMax || this.inboxBytes + bytes.length > inboxBytesMax) {
      return this.refuse('E_RATE', `more than ${inboxFramesMax} frames wait to be handled`, closeCodes.rate);
    }
    this.inbox.push(bytes);
    this.inboxBytes += bytes.length;
    if (!this.socket.isPaused) this.socket.pause();
  }

  private read(bytes: Uint8Array): void {
    const decoded = decodeClient(bytes);
    if (decoded.ok) return this.handle(decoded.message);
    if (decoded.code === 'E_MESSAGE_UNKNOWN') return this.warn(decoded.code, decoded.message);
    this.refuse(decoded.code, decoded.message, closeCodes.badFrame);
  }

  private handle(message: ClientMessage): void {
    try {
      const pending = this.parts.handle(this, message);
      if (pending) void this.wait(pending);
    } catch (error) {
      this.broke(error);
    }
  }

  private async wait(pending: Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await pending;
    } catch (error) {
      this.broke(error);
    }
    this.busy = false;
    this.resume();
  }

  private broke(error: unknown): void {
    this.parts.onError(error);
    this.refuse('E_INTERNAL', 'a fault in the coordinator; its log has the details', closeCodes.internal);
  }
}

/** A send fails only where the socket is going away, which its close event tells. */
const ignoreSendError = (): void => undefined;

const clip = (text: string): string => (text.length > 500 ? `${text.slice(0, 499)}…` : text);
