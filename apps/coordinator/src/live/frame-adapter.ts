import type { IncomingMessage } from 'node:http';
import { WsAdapter } from '@nestjs/platform-ws';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { socketPath, subprotocol, wireLimits } from '@gradpool/protocol';
import type { RawData, WebSocket, WebSocketServer } from 'ws';

/** Name under which the gateway subscribes to whole frames. */
export const frameEvent = 'frame';

export interface Frame {
  readonly bytes: Uint8Array;
  /** False for a text frame, which is no message. */
  readonly isBinary: boolean;
}

export interface FrameAdapterParts {
  /** Null to let a handshake in, or the HTTP status and text to refuse it with. */
  readonly screen: (request: IncomingMessage) => { readonly status: number; readonly text: string } | null;
  readonly onError: (error: unknown) => void;
}

/**
 * Nest's ws adapter for binary frames: hands each frame to the gateway as it is, and never writes JSON of its own.
 * Frames over the limit are refused by ws itself with close code 1009.
 */
export class FrameAdapter extends WsAdapter {
  private readonly parts: FrameAdapterParts;

  constructor(app: object, parts: FrameAdapterParts) {
    super(app);
    this.parts = parts;
  }

  override create(port: number, options: Record<string, unknown>): WebSocketServer {
    return super.create(port, {
      ...options,
      path: socketPath,
      perMessageDeflate: false,
      maxPayload: wireLimits.frameBytesMax,
      handleProtocols: (offered: Set<string>) => (offered.has(subprotocol) ? subprotocol : false),
      verifyClient: (
        info: { req: IncomingMessage },
        done: (letIn: boolean, status?: number, text?: string) => void,
      ) => {
        const refusal = this.parts.screen(info.req);
        if (refusal) done(false, refusal.status, refusal.text);
        else done(true);
      },
    }) as WebSocketServer;
  }

  override bindMessageHandlers(client: WebSocket, handlers: MessageMappingProperties[]): void {
    const handler = handlers.find(({ message }) => message === frameEvent);
    if (!handler) throw new Error(`the gateway subscribes to no ${frameEvent}`);
    client.on('message', (data: RawData, isBinary: boolean) => {
      // The socket's binary type is never changed, so ws hands out one Buffer per frame.
      void handler.callback({ bytes: data as Buffer, isBinary } satisfies Frame);
    });
  }

  override bindErrorHandler(server: WebSocketServer): WebSocketServer {
    server.on('connection', (socket: WebSocket) => socket.on('error', (error) => this.parts.onError(error)));
    server.on('error', (error: unknown) => this.parts.onError(error));
    return server;
  }
}
