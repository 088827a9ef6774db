import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import { isHostName } from '../http/host-name.ts';

/** First byte of a TLS handshake (RFC 8446, content type `handshake`). */
const handshakeByte = 22;
/** A connection that says nothing by then is let go. */
const firstByteMs = 10_000;

const text = 'E_HTTPS: this port speaks HTTPS; use https:// in place of http://\n';

/**
 * Lets an HTTPS server answer plain HTTP on its own port: each connection is told apart by its first byte, and one that is
 * no handshake goes to a server that only says where to go. Called before other listeners of connections are added.
 */
export function answerPlainToo(server: NetServer): void {
  const secure = server.listeners('connection') as ((socket: Socket) => void)[];
  const plain = plainServer();
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const letGo = (): void => void socket.destroy();
    socket.setTimeout(firstByteMs, letGo);
    socket.once('error', letGo);
    socket.once('data', (bytes: Buffer) => {
      socket.removeListener('timeout', letGo);
      socket.setTimeout(0);
      socket.removeListener('error', letGo);
      socket.pause();
      socket.unshift(bytes);
      if (bytes[0] === handshakeByte) for (const listener of secure) listener.call(server, socket);
      else plain.emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
}

function plainServer(): Server {
  const server = createServer((request, response) => redirect(request, response));
  server.on('upgrade', (_request, socket) => {
    socket.end(`HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n${text}`);
  });
  return server;
}

/** Reading goes on over HTTPS; what would change something is refused, since it has just been sent in the clear. */
function redirect({ method, headers, url }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Connection', 'close');
  const reads = method === 'GET' || method === 'HEAD';
  if (reads && headers.host !== undefined && isHostName(headers.host)) {
    response.writeHead(308, { Location: `https://${headers.host}${url ?? '/'}` }).end();
    return;
  }
  response.writeHead(400, { 'Content-Type': 'text/plain' }).end(text);
}
