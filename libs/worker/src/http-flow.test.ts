import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { wireLimits } from '@gradpool/protocol';
import { coordinatorHttp, type CoordinatorHttp } from './coordinator-http.ts';

const sha256 = 'a'.repeat(64) as never;
const never = new AbortController().signal;
const idleMs = 60_000;

/** A clock that only the test moves, and how often the limit was set anew. */
const clock = { now: 0, armed: 0, due: null as { at: number; callback: () => void } | null };

function pass(ms: number): void {
  clock.now += ms;
  const { due } = clock;
  if (due && due.at <= clock.now) {
    clock.due = null;
    due.callback();
  }
}

/** Bytes are under way over a real socket: how many turns that takes is not ours to say. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setImmediate(resolve));
}

let server: Server;
let http: CoordinatorHttp;
let serve: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  Object.assign(clock, { now: 0, armed: 0, due: null });
  server = createServer((request, response) => {
    serve(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  http = coordinatorHttp({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'tok',
    streamsUploads: true,
    setTimer: (ms, callback) => {
      const timer = { at: clock.now + ms, callback };
      clock.due = timer;
      clock.armed += 1;
      return () => {
        if (clock.due === timer) clock.due = null;
      };
    },
  });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('a download may take for ever as long as bytes come, and ends when none come', async () => {
  const pieces = 20;
  let answer: ServerResponse | null = null;
  serve = (_request, response) => {
    answer = response.writeHead(200, { 'content-length': String(pieces + 1) });
    answer.flushHeaders();
  };
  const failed = http.artifact(sha256, never).then(
    () => null,
    (error: unknown) => error,
  );
  await until(() => answer !== null && clock.armed >= 2);
  for (let piece = 0; piece < pieces; piece += 1) {
    const { armed } = clock;
    pass(idleMs - 1);
    answer!.write(Uint8Array.of(piece));
    await until(() => clock.armed > armed);
  }
  expect(clock.now).toBeGreaterThan(10 * idleMs);
  pass(idleMs);
  expect(await failed).toMatchObject({
    code: 'E_UNREACHABLE',
    transient: true,
    message: expect.stringContaining('no byte has come or gone for 60 s'),
  });
});

test('what comes in pieces is put together', async () => {
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  serve = (_request, response) => {
    response.write(bytes.subarray(0, 7));
    response.end(bytes.subarray(7));
  };
  expect(await http.artifact(sha256, never)).toEqual(bytes);
  expect(clock.due).toBeNull();
});

const long = new Uint8Array(wireLimits.vectorBytesMax + 5).map((_, i) => i % 241);

test('a vector too long for the socket goes up with its length announced, watched on its way', async () => {
  let came = Buffer.alloc(0);
  let announced: string | undefined;
  serve = (request, response) => {
    announced = request.headers['content-length'];
    void request.toArray().then((chunks: Buffer[]) => {
      came = Buffer.concat(chunks);
      response.writeHead(201).end();
    });
  };
  await http.storeArtifact(sha256, long, never, 'round');
  expect(announced).toBe(String(long.length));
  expect(Buffer.compare(came, long)).toBe(0);
  expect(clock.armed).toBeGreaterThan(long.length / 65_536);
  expect(clock.due).toBeNull();
});

test('an upload that nobody takes in ends', async () => {
  serve = (request) => request.pause();
  const failed = http.storeArtifact(sha256, new Uint8Array(2 ** 26), never, 'round').then(
    () => null,
    (error: unknown) => error,
  );
  await until(() => clock.armed > 2);
  // As long as the buffers on the way take something in it flows.
  const ended = failed.then(() => true);
  for (let tries = 0; tries < 1000; tries += 1) {
    const over = await Promise.race([ended, new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
    if (over) break;
    pass(idleMs);
  }
  expect(await failed).toMatchObject({ code: 'E_UNREACHABLE', transient: true });
});

test('a short upload has as long as its bytes take on a slow line, and no longer', async () => {
  let asked = false;
  serve = () => (asked = true);
  const failed = http.storeArtifact(sha256, new Uint8Array(163_840), never, 'keep').then(
    () => null,
    (error: unknown) => error,
  );
  await until(() => asked);
  pass(idleMs + 10_000 - 1);
  expect(clock.due).not.toBeNull();
  pass(1);
  expect(await failed).toMatchObject({ code: 'E_UNREACHABLE', transient: true });
});
