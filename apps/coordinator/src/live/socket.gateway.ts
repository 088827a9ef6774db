import type { IncomingMessage } from 'node:http';
import { Inject } from '@nestjs/common';
import {
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import { socketPath } from '@gradpool/protocol';
import type { WebSocket } from 'ws';
import { frameEvent, type Frame } from './frame-adapter.ts';
import { SocketDesk } from './socket-desk.ts';

/** Nest's end of the sockets: hands connections and frames on, and does nothing else. */
@WebSocketGateway({ path: socketPath })
export class SocketGateway implements OnGatewayConnection, OnGatewayDisconnect {
  constructor(@Inject(SocketDesk) private readonly desk: SocketDesk) {}

  handleConnection(socket: WebSocket, request: IncomingMessage): void {
    this.desk.opened(socket, request);
  }

  handleDisconnect(socket: WebSocket): void {
    this.desk.closed(socket);
  }

  @SubscribeMessage(frameEvent)
  frame(socket: WebSocket, frame: Frame): void {
    this.desk.frame(socket, frame);
  }
}
