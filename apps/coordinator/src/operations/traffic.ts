import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Bytes in and out of every TCP connection of a server, sockets and HTTP alike, headers included. */
export class Traffic {
  private readonly live = new Set<Socket>();
  private closedIn = 0;
  private closedOut = 0;

  watch(server: Server): void {
    server.on('connection', (socket) => {
      this.live.add(socket);
      socket.once('close', () => {
        this.live.delete(socket);
        this.closedIn += socket.bytesRead;
        this.closedOut += socket.bytesWritten;
      });
    });
  }

  read(): { bytesIn: number; bytesOut: number } {
    let [bytesIn, bytesOut] = [this.closedIn, this.closedOut];
    for (const socket of this.live) {
      bytesIn += socket.bytesRead;
      bytesOut += socket.bytesWritten;
    }
    return { bytesIn, bytesOut };
  }
}
