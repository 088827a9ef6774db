import type { IncomingMessage } from 'node:http';
import { closeCodes, encode, tokenOf } from '@gradpool/protocol';
import type { WebSocket } from 'ws';
import type { Access } from '../access/access.ts';
import { codeOf } from '../fault.ts';
import type { CoordinatorLimits } from '../limits.ts';
import type { Room } from '../loop/room.ts';
import type { Logger } from '../operations/logger.ts';
import type { Metrics } from '../operations/metrics.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import type { Frame } from './frame-adapter.ts';
import type { MessageDesk } from './message-desk.ts';
import type { Switchboard } from './switchboard.ts';

export interface SocketDeskParts {
  readonly access: Access;
  readonly room: Room;
  readonly switchboard: Switchboard;
  readonly desk: MessageDesk;
  readonly metrics: Metrics;
  readonly limits: CoordinatorLimits;
  readonly logger: Logger;
}

/** Opens and closes connections: who may come in, for how long without a hello, and how many. */
export class SocketDesk {
  private readonly parts: SocketDeskParts;
  private readonly connections = new Map<WebSocket, Connection>();
  private readonly connectionParts: ConnectionParts;
  private closing = false;
  private resuming = false;
  private onEmpty = (): void => undefined;

  constructor(parts: SocketDeskParts) {
    this.parts = parts;
    const { room, desk, metrics, limits, logger } = parts;
    this.connectionParts = {
      limits,
      clock: room.clock,
      saturated: () => {
        if (room.loop.saturated) this.resumeLater();
        return room.loop.saturated;
      },
      handle: (connection, message) => {
        metrics.messageIn(message.type);
        return desk.handle(connection, message);
      },
      onRefused: (code) => {
        metrics.refused(code);
        logger.debug({ code }, 'refused on a socket');
      },
      onError: (error) => logger.error({ err: error }, 'a socket handler threw'),
    };
  }

  /** Screens a handshake: null lets it in. A wrong token is told by a close code, which web pages can read. */
  screen(request: IncomingMessage): { status: number; text: string } | null {
    const { access, limits } = this.parts;
    if (!access.originAllowed(request)) return { status: 403, text: 'E_ORIGIN: pages of this origin may not connect' };
    if (this.closing) return { status: 503, text: 'E_CLOSING: the coordinator is stopping' };
    if (this.connections.size >= limits.connectionsMax) return { status: 503, text: 'E_FULL: too many connections' };
    return null;
  }

  opened(socket: WebSocket, request: IncomingMessage): void {
    const { access, metrics, switchboard, limits } = this.parts;
    const role = access.socketRole(request);
    if (role === null) {
      metrics.refused('E_TOKEN');
      const missing = tokenOf(request.headers['sec-websocket-protocol'] ?? '') === null;
      return turnAway(socket, missing, limits.closeGraceMs);
    }
    const connection = new Connection({ socket, stream: request.socket, role }, this.connectionParts);
    this.connections.set(socket, connection);
    switchboard.connections.add(connection);
    setTimeout(() => {
      if (connection.session.kind !== 'new') return;
      connection.refuse('E_HELLO_LATE', `no hello or watch within ${limits.helloMs} ms`, closeCodes.helloLate);
    }, limits.helloMs).unref();
  }

  closed(socket: WebSocket): void {
    const connection = this.connections.get(socket);
    if (!connection) return;
    this.connections.delete(socket);
    if (this.connections.size === 0) this.onEmpty();
    connection.whenDone(() => this.parts.desk.left(connection));
  }

  frame(socket: WebSocket, { bytes, isBinary }: Frame): void {
    this.connections.get(socket)?.receive(bytes, isBinary);
  }

  /** ws found a frame it would not take (too large, badly masked) and closes the connection itself. */
  socketError(error: unknown): void {
    const code = codeOf(error);
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.parts.metrics.refused('E_FRAME_TOO_LARGE');
    else if (code.startsWith('WS_ERR_')) this.parts.metrics.refused('E_FRAME_MALFORMED');
    else if (code !== 'ECONNRESET' && code !== 'EPIPE') this.parts.logger.warn({ err: error }, 'a socket failed');
  }

  /** Tells everybody that the coordinator stops; lets nobody in from now on. */
  startClosing(): void {
    this.closing = true;
    const { switchboard, limits } = this.parts;
    const message = 'the coordinator is stopping; reconnect later';
    switchboard.broadcast({ type: 'closing', reconnectMs: limits.reconnectMs, message });
  }

  /** Resolves when every peer has answered the close, or `closeMs` later. */
  async closeAll(): Promise<void> {
    for (const connection of this.connections.values()) connection.close(closeCodes.unavailable, 'E_CLOSING');
    if (this.connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.onEmpty = resolve;
      setTimeout(resolve, this.parts.limits.closeMs).unref();
    });
  }

  private resumeLater(): void {
    if (this.resuming) return;
    this.resuming = true;
    this.parts.room.loop.whenRoom(() => {
      this.resuming = false;
      this.parts.switchboard.resumeAll();
    });
  }
}

function turnAway(socket: WebSocket, missing: boolean, closeGraceMs: number): void {
  const why = missing ? 'no token came with the handshake' : 'the token is wrong';
  const message = `${why}; offer the subprotocols gradpool and token.<token> (see tokens.json in the data folder)`;
  socket.send(encode({ type: 'error', code: 'E_TOKEN', message }), { binary: true }, () => undefined);
  socket.close(closeCodes.badToken, 'E_TOKEN');
  setTimeout(() => socket.terminate(), closeGraceMs).unref();
}
