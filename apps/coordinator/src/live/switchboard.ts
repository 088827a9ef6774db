import type { WorkerArrival } from '@gradpool/coordination';
import { closeCodes, encode, type ServerMessage, type WorkerId } from '@gradpool/protocol';
import type { Connection } from './connection.ts';

interface ConnectedWorker {
  readonly connection: Connection;
  readonly arrival: WorkerArrival;
}

/** Every open connection, and which of them speaks for which worker. */
export class Switchboard {
  readonly connections = new Set<Connection>();
  private readonly workers = new Map<WorkerId, ConnectedWorker>();
  /** Connections whose messages are held back to leave in one packet; null where nothing is held back. */
  private corked: Set<Connection> | null = null;

  get workersConnected(): number {
    return this.workers.size;
  }

  /** Queued for all connections together. */
  get waitingBytes(): number {
    return [...this.connections].reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0);
  }

  arrivals(): readonly WorkerArrival[] {
    return [...this.workers.values()].map(({ arrival }) => arrival);
  }

  /** Makes the connection speak for the worker; an older one of the same identity is closed. */
  seat(connection: Connection, arrival: WorkerArrival): void {
    const older = this.workers.get(arrival.workerId)?.connection;
    this.workers.set(arrival.workerId, { connection, arrival });
    connection.session = { kind: 'worker', workerId: arrival.workerId };
    older?.refuse('E_REPLACED', 'this worker has connected again elsewhere', closeCodes.replaced);
  }

  /** True where the connection still spoke for its worker, which has then left. */
  unseat(connection: Connection): boolean {
    const { session } = connection;
    if (session.kind !== 'worker' || this.workers.get(session.workerId)?.connection !== connection) return false;
    return this.workers.delete(session.workerId);
  }

  /** Nothing happens where the worker is not connected: its lease runs out, or it says at its next hello that it holds it. */
  send(workerId: WorkerId, message: ServerMessage): void {
    const connection = this.workers.get(workerId)?.connection;
    if (!connection) return;
    if (this.corked && !this.corked.has(connection)) {
      connection.cork();
      this.corked.add(connection);
    }
    connection.send(message);
  }

  connectionOf(workerId: WorkerId): Connection | null {
    return this.workers.get(workerId)?.connection ?? null;
  }

  /** Whatever `send` sends to one worker leaves in one packet. */
  together(send: () => void): void {
    const corked = new Set<Connection>();
    this.corked = corked;
    try {
      send();
    } finally {
      this.corked = null;
      for (const connection of corked) connection.uncork();
    }
  }

  close(workerId: WorkerId, code: number, reason: string): void {
    this.workers.get(workerId)?.connection.close(code, reason);
  }

  /** One encoding for all. */
  broadcast(message: ServerMessage): void {
    const bytes = encode(message);
    for (const connection of this.connections) connection.sendBytes(bytes);
  }

  resumeAll(): void {
    for (const connection of this.connections) connection.resume();
  }

  pingAll(): void {
    for (const connection of this.connections) connection.ping();
  }
}
