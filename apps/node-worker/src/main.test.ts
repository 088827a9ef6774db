import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { closeCodes, encode } from '@gradpool/protocol';
import { WebSocketServer } from 'ws';
import {
  leaseKey,
  smallSpec,
  startTestCoordinator,
  token,
  trainLease,
  type TestCoordinator,
} from './test-coordinator.ts';

/** The built program as `gradpool up` starts it: arguments, exit codes, signals and the channel to its parent. */
const entry = fileURLToPath(new URL('../dist/main.js', import.meta.url));
let coordinator: TestCoordinator;
let dataDir: string;
const children = new Set<ChildProcess>();

interface Started {
  readonly child: ChildProcess;
  readonly messages: unknown[];
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'gradpool-main-'));
});

beforeEach(async () => {
  coordinator = await startTestCoordinator();
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await coordinator.close();
});

afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

function startWith(args: readonly string[]): Started {
  const child = fork(entry, [...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [], env: {} });
  children.add(child);
  let output = '';
  const messages: unknown[] = [];
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) stream.on('data', (text) => (output += String(text)));
  child.on('message', (message) => messages.push(message));
  // Not `close`, which does not come once this end has disconnected the channel.
  const exited = once(child, 'exit');
  const exit = Promise.all(streams.map((stream) => once(stream, 'end'))).then(async () => {
    const [code] = (await exited) as [number | null];
    return code;
  });
  return { child, messages, output: () => output, exit };
}

const start = (...more: string[]): Started =>
  startWith(['--url', coordinator.url, '--token', token, '--data-dir', dataDir, '--backend', 'wasm', ...more]);

describe('the worker process', () => {
  test.each([
    [[], 'required option', '--url'],
    [['--url', 'nonsense', '--token', 'x'], 'E_URL', 'http://'],
    [['--url', 'http://127.0.0.1:1', '--token', 'a b'], 'E_TOKEN', 'letters'],
    [['--url', 'http://127.0.0.1:1', '--token', 'x', '--kind', 'dance'], '--kind', 'Allowed choices'],
    [['--url', 'http://127.0.0.1:1', '--token', 'x', '--index', '-1'], '--index', 'whole number'],
    [['--url', 'http://127.0.0.1:1', '--token', 'x', '--threads', '33', '--slots', '2'], '33 threads', 'more than 64'],
  ])('arguments %j end it with exit code 2 and say why', async (args, what, how) => {
    const { exit, output } = startWith(args);
    expect(await exit).toBe(2);
    expect(output()).toContain(what);
    expect(output()).toContain(how);
  });

  test('[C3] a wrong token ends it with exit code 2, a clear message, and tells the parent', async () => {
    const { exit, output, messages } = start('--token', 'not-the-token');
    expect(await exit).toBe(2);
    expect(output()).toMatch(/error E_TOKEN: The token is missing or wrong/);
    expect(messages).toMatchObject([{ type: 'fatal', code: 'E_TOKEN' }]);
  });

  test('[V1] a coordinator of another protocol version ends it with exit code 2', async () => {
    const other = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'gradpool' });
    await once(other, 'listening');
    other.on('connection', (socket) => {
      socket.on('message', () => {
        socket.send(encode({ type: 'error', code: 'E_VERSION', message: 'this coordinator speaks versions 8 to 9' }));
        socket.close(closeCodes.version, 'E_VERSION');
      });
    });
    const { exit, output } = start('--url', `http://127.0.0.1:${(other.address() as AddressInfo).port}`);
    expect(await exit).toBe(2);
    expect(output()).toMatch(/error E_VERSION: this coordinator speaks versions 8 to 9/);
    other.close();
  });

  test('[D1] [D3] tells its parent when it joined, leaves SIGINT to it, and drains on its word', async () => {
    const { child, exit, messages } = start();
    await coordinator.next('pull');
    coordinator.send(trainLease(1, { spec: { ...smallSpec, epochs: 5_000 } }));
    await coordinator.next('progress');
    if (process.platform !== 'win32') child.kill('SIGINT');
    child.send({ type: 'drain' });
    const release = await coordinator.next('release');
    expect(release.lease).toEqual(leaseKey(1));
    expect(coordinator.artifacts.has(release.checkpoint?.artifact.sha256 ?? '')).toBe(true);
    await coordinator.next('bye');
    expect(await exit).toBe(0);
    expect(messages).toMatchObject([{ type: 'joined' }]);
  });

  test('[L1] [D1] trains as many trials at a time as it has threads, under one identity, and hands all back', async () => {
    const { child, exit } = start('--threads', '2');
    expect((await coordinator.next('hello')).worker).toMatchObject({ slots: 2 });
    expect((await coordinator.next('pull')).want).toBe(2);
    const spec = { ...smallSpec, epochs: 5_000 };
    for (const n of [1, 2]) coordinator.send(trainLease(n, { spec }));
    const moves = [1, 2].map((n) =>
      coordinator.next('progress', ({ lease, fraction }) => lease.leaseId === leaseKey(n).leaseId && fraction > 0),
    );
    await Promise.all(moves);
    child.send({ type: 'drain' });
    for (const n of [1, 2]) {
      const release = await coordinator.next('release', ({ lease }) => lease.leaseId === leaseKey(n).leaseId);
      expect(coordinator.artifacts.has(release.checkpoint?.artifact.sha256 ?? '')).toBe(true);
    }
    expect(coordinator.requests.filter((request) => request.startsWith('GET /data/')).length).toBeLessThanOrEqual(4);
    expect(await exit).toBe(0);
  });

  test('two engines compute the bits that one computes', async () => {
    const digests = [];
    for (const threads of ['1', '2']) {
      const { child, exit } = start('--threads', threads);
      await coordinator.next('pull');
      coordinator.send(trainLease(1));
      coordinator.send(trainLease(2));
      for (const n of [1, 2]) {
        const { outcome } = await coordinator.next('result', ({ lease }) => lease.leaseId === leaseKey(n).leaseId);
        digests.push(outcome.kind === 'train' ? outcome.weights.sha256 : null);
      }
      child.send({ type: 'drain' });
      expect(await exit).toBe(0);
      coordinator.received.length = 0;
    }
    expect(new Set(digests).size).toBe(1);
    expect(digests[0]).not.toBeNull();
  });

  test('[D3] drains when its parent is gone', async () => {
    const { child } = start();
    await coordinator.next('pull');
    coordinator.send(trainLease(1, { spec: { ...smallSpec, epochs: 5_000 } }));
    await coordinator.next('progress');
    const exited = once(child, 'exit');
    // What a SIGKILL of the parent does: the channel and the other ends of the pipes go.
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.disconnect();
    await coordinator.next('release');
    await coordinator.next('bye');
    expect(await exited).toEqual([0, null]);
  });

  (process.platform === 'win32' ? test.skip : test)('[D3] drains on SIGTERM', async () => {
    const { child, exit } = start();
    await coordinator.next('pull');
    child.kill('SIGTERM');
    await coordinator.next('bye');
    expect(await exit).toBe(0);
  });
});
