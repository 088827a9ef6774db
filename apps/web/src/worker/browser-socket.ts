import { closeCodes, socketUrl, subprotocolsFor } from '@gradpool/protocol';
import type { Socket, SocketHandlers } from '@gradpool/worker';

export const socketWatch = {
  lookMs: 2_500,
  /** Nothing of what waits to be sent has left for this long: the network is gone. */
  stuckMs: 15_000,
  /** A look that comes this late was slept through: the other end has given the connection up. */
  sleptMs: 20_000,
} as const;

/** Opens a connection to the coordinator; what happens on it is told to `handlers`, `closed` exactly once. */
export function openSocket(to: { readonly url: string; readonly token: string }, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(socketUrl(to.url), subprotocolsFor(to.token));
  socket.binaryType = 'arraybuffer';
  let over = false;
  const closed = (code: number, reason: string): void => {
    if (over) return;
    over = true;
    stopWatch();
    handlers.closed(code, reason);
  };
  // A close that nobody answers takes minutes in a browser, so a dead connection is reported at once.
  const stopWatch = watchConnection(socket, (reason) => {
    socket.close();
    closed(1006, reason);
  });
  socket.addEventListener('open', () => {
    handlers.opened();
  });
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!over && data instanceof ArrayBuffer) handlers.received(new Uint8Array(data));
  });
  socket.addEventListener('close', ({ code, reason }) => {
    closed(code, reason);
  });
  return {
    send: (bytes) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes as Uint8Array<ArrayBuffer>);
    },
    close: (code, reason) => {
      // Scripts may say 1000 and the application's own codes, nothing else.
      if (code === closeCodes.normal || code >= 3_000) socket.close(code, reason);
      else socket.close();
    },
  };
}

/** Browsers have no pings: a dead connection shows in bytes that do not leave, in sleep, and in the network's return. */
function watchConnection(socket: WebSocket, dead: (reason: string) => void): () => void {
  let lookedAt = Date.now();
  let stuckSince: number | null = null;
  let buffered = 0;
  const look = (): void => {
    const now = Date.now();
    if (now - lookedAt > socketWatch.sleptMs) return dead('the device was asleep');
    lookedAt = now;
    const left = socket.bufferedAmount < buffered || socket.bufferedAmount === 0;
    buffered = socket.bufferedAmount;
    stuckSince = left ? null : (stuckSince ?? now);
    if (stuckSince !== null && now - stuckSince > socketWatch.stuckMs) dead('nothing could be sent');
  };
  const online = (): void => {
    dead('the network was gone');
  };
  const timer = setInterval(look, socketWatch.lookMs);
  globalThis.addEventListener('online', online);
  return () => {
    clearInterval(timer);
    globalThis.removeEventListener('online', online);
  };
}
