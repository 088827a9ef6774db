import { closeCodes, socketUrl, subprotocolsFor } from '@gradpool/protocol';
import type { Socket, SocketHandlers } from '@gradpool/worker';
import { look, startWatch, watchLimits } from './connection-watch.ts';

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
  const watch = startWatch(Date.now());
  const timer = setInterval(() => {
    const reason = look(watch, { now: Date.now(), buffered: socket.bufferedAmount });
    if (reason !== null) dead(reason);
  }, watchLimits.lookMs);
  const online = (): void => {
    dead('the network was gone');
  };
  globalThis.addEventListener('online', online);
  return () => {
    clearInterval(timer);
    globalThis.removeEventListener('online', online);
  };
}
