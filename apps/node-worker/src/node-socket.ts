import { closeCodes, socketUrl, subprotocolsFor, wireLimits } from '@gradpool/protocol';
import type { Socket, SocketHandlers } from '@gradpool/worker';
import WebSocket from 'ws';

const socketLimits = {
  handshakeMs: 10_000,
  /** A connection that shows no sign of life for this long (pings included) is cut, so that a new one can be tried. */
  silentMs: 15_000,
  pingMs: 5_000,
  /** Frames wait this long for the other end to answer a close. */
  closeMs: 1_000,
} as const;

/** Opens a connection to the coordinator; what happens on it is told to `handlers`, `closed` exactly once. */
export function openSocket(to: { readonly url: string; readonly token: string }, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(socketUrl(to.url), subprotocolsFor(to.token), {
    perMessageDeflate: false,
    maxPayload: wireLimits.frameBytesMax,
    handshakeTimeout: socketLimits.handshakeMs,
  });
  let fault = '';
  const stopWatch = watchSilence(socket);
  socket.on('open', () => {
    handlers.opened();
  });
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) handlers.received(data);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // An AggregateError (several addresses tried) has its reasons in `code` only.
    fault ||= error.message === '' ? (error.code ?? error.name) : error.message;
  });
  // ws waits for `response` to be read or destroyed before it closes when someone listens.
  socket.on('unexpected-response', (request, response) => {
    const { statusCode = 0 } = response;
    fault = `HTTP ${statusCode} instead of a WebSocket`;
    refusal = refusalOf(statusCode);
    response.destroy();
    request.destroy();
  });
  let refusal: number | null = null;
  socket.once('close', (code, reason) => {
    stopWatch();
    handlers.closed(refusal ?? code, reason.toString() || (refusal === null ? fault : ''));
  });
  return {
    send: (bytes) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes, { binary: true }, () => undefined);
    },
    close: (code, reason) => {
      if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
      else socket.terminate();
      setTimeout(() => {
        socket.terminate();
      }, socketLimits.closeMs).unref();
    },
  };
}

/** A coordinator (or a proxy before it) that refuses during the handshake says the same as a close code. */
function refusalOf(status: number): number | null {
  if (status === 401) return closeCodes.badToken;
  return status === 403 ? closeCodes.forbidden : null;
}

/** A peer whose machine vanished sends no close: pings find that out. Returns the end of the watch. */
function watchSilence(socket: WebSocket): () => void {
  let heardAt = performance.now();
  const heard = (): void => {
    heardAt = performance.now();
  };
  for (const event of ['open', 'message', 'ping', 'pong'] as const) socket.on(event, heard);
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (performance.now() - heardAt > socketLimits.silentMs) socket.terminate();
    else socket.ping();
  }, socketLimits.pingMs);
  return () => {
    clearInterval(timer);
  };
}
