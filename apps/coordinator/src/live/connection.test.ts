import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { closeCodes, decodeServer, encode, type ClientMessage, type ServerMessage } from '@gradpool/protocol';
import { expect, test } from '@jest/globals';
import type { WebSocket } from 'ws';
import { coordinatorLimits, type CoordinatorLimits } from '../limits.ts';
import { Connection } from './connection.ts';

/** As much of ws as a connection uses. */
class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  isPaused = false;
  readonly sent: ServerMessage[] = [];
  closedWith: number | null = null;

  send(bytes: Uint8Array): void {
    const decoded = decodeServer(bytes);
    if (decoded.ok) this.sent.push(decoded.message);
  }
  close(code: number): void {
    this.closedWith = code;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  terminate(): void {
    this.readyState = 3;
  }
  ping(): void {
    this.emit('pinged');
  }
}

function makeConnection(limits: Partial<CoordinatorLimits> = {}) {
  const socket = new FakeSocket();
  const handled: string[] = [];
  const refused: string[] = [];
  const world = { now: 0, saturated: false, pending: undefined as Promise<void> | undefined, throws: false };
  const connection = new Connection(
    { socket: socket as unknown as WebSocket, stream: {} as Socket, role: 'join' },
    {
      limits: { ...coordinatorLimits, ...limits },
      clock: () => world.now,
      saturated: () => world.saturated,
      handle: (_connection, message) => {
        if (world.throws) throw new Error('a bug');
        handled.push(message.type === 'pull' ? `pull ${message.want}` : message.type);
        return world.pending;
      },
      onRefused: (code) => refused.push(code),
      onError: () => undefined,
    },
  );
  const say = (message: ClientMessage): void => connection.receive(encode(message), true);
  return { connection, socket, handled, refused, world, say };
}

const pull = (want: number): ClientMessage => ({ type: 'pull', want });
const settled: ServerMessage = { type: 'closing', reconnectMs: 1, message: '' };

test('[Q1] the rate is refilled by time', () => {
  const { handled, refused, world, say } = makeConnection({ framesPerSecondMax: 10, framesBurstMax: 2 });
  say(pull(1));
  say(pull(2));
  world.now = 100;
  say(pull(3));
  say(pull(4));
  expect(handled).toEqual(['pull 1', 'pull 2', 'pull 3']);
  expect(refused).toEqual(['E_RATE']);
});

test('[Q2] a message that takes time holds back the next ones, in order', async () => {
  const { handled, socket, world, say } = makeConnection();
  let finish = (): void => undefined;
  world.pending = new Promise((resolve) => (finish = resolve));
  say(pull(1));
  world.pending = undefined;
  say(pull(2));
  say(pull(3));
  expect([handled, socket.isPaused]).toEqual([['pull 1'], true]);
  finish();
  await new Promise((resolve) => setImmediate(resolve));
  expect([handled, socket.isPaused]).toEqual([['pull 1', 'pull 2', 'pull 3'], false]);
});

test('[R7] frames that waited when the peer closed are handled before the connection counts as done', async () => {
  const { connection, handled, socket, world, say } = makeConnection();
  let finish = (): void => undefined;
  world.pending = new Promise((resolve) => (finish = resolve));
  say(pull(1));
  world.pending = undefined;
  say(pull(2));
  socket.readyState = 3;
  connection.whenDone(() => handled.push('done'));
  expect(handled).toEqual(['pull 1']);
  finish();
  await new Promise((resolve) => setImmediate(resolve));
  expect(handled).toEqual(['pull 1', 'pull 2', 'done']);
});

test('[Q2] the inbox is bounded in bytes as well', () => {
  const { refused, socket, world, say } = makeConnection({ inboxBytesMax: 40 });
  world.saturated = true;
  for (let i = 0; i < 20; i += 1) say(pull(1));
  expect(refused).toEqual(['E_RATE']);
  expect([socket.closedWith, socket.sent.at(-1)]).toMatchObject([closeCodes.rate, { type: 'error', code: 'E_RATE' }]);
});

test('[Q3] saturation holds frames back until resume', () => {
  const { connection, handled, world, say } = makeConnection();
  world.saturated = true;
  say(pull(1));
  connection.resume();
  expect(handled).toEqual([]);
  world.saturated = false;
  connection.resume();
  expect(handled).toEqual(['pull 1']);
});

test('[Q4] a peer that does not take in what is sent to it is closed', () => {
  const { connection, socket, refused } = makeConnection({ outgoingBytesMax: 10 });
  socket.bufferedAmount = 10;
  connection.send(settled);
  expect(refused).toEqual([]);
  socket.bufferedAmount = 11;
  connection.send(settled);
  connection.send(settled);
  expect([refused, socket.closedWith, socket.sent.length]).toEqual([['E_SLOW'], closeCodes.slow, 2]);
});

test('[B4] a fault of ours closes this connection and is not thrown at the socket', () => {
  const { socket, world, say } = makeConnection();
  world.throws = true;
  say(pull(1));
  expect([socket.closedWith, socket.sent]).toMatchObject([closeCodes.internal, [{ code: 'E_INTERNAL' }]]);
});

test('[B4] after a refusal nothing is handled or sent any more', () => {
  const { connection, socket, handled, say } = makeConnection();
  connection.receive(new Uint8Array([1]), true);
  say(pull(1));
  connection.send(settled);
  expect([handled, socket.sent.length]).toEqual([[], 1]);
});

test('[Q5] a peer that shows no sign of life between two pings is let go', () => {
  const { connection, socket, say } = makeConnection();
  connection.ping();
  socket.emit('pong');
  connection.ping();
  say(pull(1));
  connection.ping();
  expect(socket.readyState).toBe(1);
  connection.ping();
  expect(socket.readyState).toBe(3);
});
