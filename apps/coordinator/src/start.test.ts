import { createServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { readArguments } from './arguments.ts';
import { openMemoryStore } from './store/memory-store.ts';
import { submit } from './testing/sweeps.ts';
import { joinAs } from './testing/test-client.ts';
import { stopTestCoordinators, testCoordinator } from './testing/test-coordinator.ts';

afterEach(stopTestCoordinators);

test('[X1] a port in use is refused with what to do, and the store is closed', async () => {
  const squatter = createServer();
  const port = await new Promise<number>((resolve) => {
    squatter.listen(0, '127.0.0.1', () => resolve((squatter.address() as { port: number }).port));
  });
  squatter.unref();
  const store = openMemoryStore();
  const start = testCoordinator({ port, store });
  await expect(start).rejects.toMatchObject({ code: 'E_PORT_IN_USE', exit: 2 });
  await expect(start).rejects.toThrow(new RegExp(`port ${port} .*--port`));
  await expect(store.ping()).rejects.toMatchObject({ code: 'E_STORE_CLOSED' });
  await new Promise((resolve) => squatter.close(resolve));
});

test('[X2] a restart goes on: leases are renewed, identities and trials kept', async () => {
  const store = openMemoryStore();
  const kept = { ...store, close: () => Promise.resolve() };
  const first = await testCoordinator({ store: kept });
  await submit(first);
  const { client, welcome } = await joinAs({ url: first.url, token: first.tokens.join });
  client.send({ type: 'pull', want: 1 });
  const { lease, work } = await client.next('lease');
  await first.stop();

  const second = await testCoordinator({ store: kept, tokens: first.tokens });
  const identity = { workerId: welcome.workerId, secret: welcome.secret ?? '' };
  const again = await joinAs({ url: second.url, token: second.tokens.join }, { identity, held: [lease] });
  again.client.send({ type: 'heartbeat', leases: [lease] });
  await again.client.settled();
  expect(again.client.received).toEqual([]);
  if (work.kind !== 'train') throw new Error(work.kind);
  expect(second.room.trial(work.trialId)).toMatchObject({ state: 'running', attempts: 1 });
});

test('[X3] a stop is repeatable and takes no more work', async () => {
  const room = await testCoordinator();
  await Promise.all([room.stop(), room.stop()]);
  await expect(fetch(`${room.url}/api/health`)).rejects.toThrow();
});

test.each([
  [['--port', 'http'], /--port http is no port/],
  [['--port', '70000'], /--port 70000/],
  [['--log-level', 'loud'], /--log-level loud/],
  [['--allow-origin', 'example.org'], /--allow-origin example.org/],
  [['--prot', '1'], /--prot/],
])('[X4] wrong arguments are refused: %j', (argv, message) => {
  expect(() => readArguments(argv, {})).toThrow(message);
});

test('[X4] defaults: this machine alone, the embedded database', () => {
  expect(readArguments([], {})).toMatchObject({ host: '127.0.0.1', port: 4710, databaseUrl: null, logLevel: 'info' });
  expect(readArguments(['--port', '0', '--database-url', 'postgres://x'], {})).toMatchObject({
    port: 0,
    databaseUrl: 'postgres://x',
  });
});
