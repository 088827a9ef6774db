import { once } from 'node:events';
import { closeCodes, encode, socketUrl, supportedVersions, type ClientMessage } from '@gradpool/protocol';
import { afterEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { heldStore } from '../testing/held-store.ts';
import { submit } from '../testing/sweeps.ts';
import { connect, joinAs, workerHello, type TestClient } from '../testing/test-client.ts';
import { stopTestCoordinators, testCoordinator, type TestCoordinator } from '../testing/test-coordinator.ts';
import { until } from '../testing/until.ts';

afterEach(stopTestCoordinators);

const as = (room: TestCoordinator, role: keyof TestCoordinator['tokens']) => ({
  url: room.url,
  token: room.tokens[role],
});
const watch: ClientMessage = { type: 'watch', versions: supportedVersions };

/** What a refused client is told: the typed error, and then the close code. */
async function refusal(client: TestClient): Promise<{ code: string; close: number }> {
  const { code } = await client.next('error');
  return { code, close: await client.closed };
}

describe('who comes in', () => {
  test('[S1] a wrong token is told so by an error and a close code', async () => {
    const room = await testCoordinator();
    const client = await connect({ url: room.url, token: 'wrong' });
    expect(await refusal(client)).toEqual({ code: 'E_TOKEN', close: closeCodes.badToken });
  });

  test('[S1] no token at all is the same', async () => {
    const room = await testCoordinator();
    const socket = new WebSocket(socketUrl(room.url), ['gradpool']);
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(closeCodes.badToken);
  });

  test('[S1] a viewer may not work, a joiner may not evaluate, a worker may not watch with a token that is none', async () => {
    const room = await testCoordinator();
    const viewer = await connect(as(room, 'viewer'));
    viewer.send(workerHello());
    expect(await refusal(viewer)).toEqual({ code: 'E_ROLE', close: closeCodes.forbidden });
    const evaluator = await connect(as(room, 'join'));
    evaluator.send(workerHello({ kind: 'evaluate' }));
    expect(await refusal(evaluator)).toEqual({ code: 'E_ROLE', close: closeCodes.forbidden });
    expect(room.room.state.workers.size).toBe(0);
  });

  test('[S1] only a trusted token makes a trusted worker', async () => {
    const room = await testCoordinator();
    const plain = await joinAs(as(room, 'join'));
    const trusted = await joinAs(as(room, 'trusted'), { kind: 'evaluate' });
    expect(room.room.worker(plain.welcome.workerId)?.trusted).toBe(false);
    expect(room.room.worker(trusted.welcome.workerId)?.trusted).toBe(true);
  });

  test('[S2] a page of another origin is refused at the handshake, one of this host or of the list is let in', async () => {
    const room = await testCoordinator({ allowedOrigins: ['https://lab.example'] });
    await expect(connect(as(room, 'join'), { origin: 'https://evil.example' })).rejects.toThrow(/403/);
    for (const origin of [room.url, 'https://lab.example']) {
      const client = await connect(as(room, 'viewer'), { origin });
      client.send(watch);
      await client.next('snapshot');
    }
  });

  test('[S3] a version that is not spoken here is refused', async () => {
    const room = await testCoordinator();
    const client = await connect(as(room, 'join'));
    client.send({ ...workerHello(), versions: { min: 900, max: 901 } });
    expect(await refusal(client)).toEqual({ code: 'E_VERSION', close: closeCodes.version });
  });

  test('[S4] more connections than allowed are turned away', async () => {
    const room = await testCoordinator({ limits: { connectionsMax: 1 } });
    await joinAs(as(room, 'join'));
    await expect(connect(as(room, 'join'))).rejects.toThrow(/503/);
  });
});

describe('identity', () => {
  test('[I1] a worker keeps its id with its secret, and only with it', async () => {
    const room = await testCoordinator();
    const { client, welcome } = await joinAs(as(room, 'join'));
    const secret = welcome.secret ?? '';
    client.close();
    await client.closed;
    const again = await joinAs(as(room, 'join'), { identity: { workerId: welcome.workerId, secret } });
    expect(again.welcome).toMatchObject({ workerId: welcome.workerId, secret: null });
    const thief = await connect(as(room, 'join'));
    thief.send(workerHello({ identity: { workerId: welcome.workerId, secret: 'guessed' } }));
    expect(await refusal(thief)).toEqual({ code: 'E_IDENTITY', close: closeCodes.badIdentity });
    expect(again.client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('[I1] only the hash of the secret is stored', async () => {
    const room = await testCoordinator();
    const { welcome } = await joinAs(as(room, 'join'));
    const hash = await room.store.workerSecretHash(welcome.workerId);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hash).not.toContain(welcome.secret ?? '');
  });

  test('[I2] a second connection of one identity replaces the first, which is no loss of the worker', async () => {
    const room = await testCoordinator();
    const { client, welcome } = await joinAs(as(room, 'join'));
    const second = await joinAs(as(room, 'join'), {
      identity: { workerId: welcome.workerId, secret: welcome.secret ?? '' },
    });
    expect(await refusal(client)).toEqual({ code: 'E_REPLACED', close: closeCodes.replaced });
    await second.client.settled();
    expect(room.room.worker(welcome.workerId)?.connected).toBe(true);
  });

  test('[I2] leaving with a bye is told to the core as orderly', async () => {
    const room = await testCoordinator();
    const { client, welcome } = await joinAs(as(room, 'join'));
    client.send({ type: 'bye', reason: 'done' });
    expect(await client.closed).toBe(closeCodes.normal);
    await until(() => room.room.worker(welcome.workerId)?.connected === false);
  });
});

describe('hostile frames', () => {
  const frames: [string, Uint8Array | string, string][] = [
    ['an empty one', new Uint8Array(0), 'E_FRAME_EMPTY'],
    ['a truncated one', encode(watch).subarray(0, 9), 'E_FRAME_TRUNCATED'],
    ['random bytes', new Uint8Array([0xc1, 0xff, 0x00, 0x13]), 'E_FRAME_MALFORMED'],
    ['text', '{"type":"watch"}', 'E_FRAME_MALFORMED'],
    ['a map with a wrong field', encode({ type: 'pull', want: -1 }), 'E_MESSAGE_INVALID'],
  ];

  test.each(frames)('[B1] %s gets a typed error and a close code, and is counted', async (_name, bytes, code) => {
    const room = await testCoordinator();
    const bystander = await joinAs(as(room, 'join'));
    const client = await connect(as(room, 'join'));
    client.socket.send(bytes);
    expect(await refusal(client)).toEqual({ code, close: closeCodes.badFrame });
    const metrics = await (await room.request('/metrics')).text();
    expect(metrics).toContain(`gradpool_refusals_total{code="${code}"} 1`);
    expect(bystander.client.socket.readyState).toBe(WebSocket.OPEN);
    expect(room.faults).toEqual([]);
  });

  test('[B1] a huge one is refused before it is read, and counted', async () => {
    const room = await testCoordinator();
    const { client } = await joinAs(as(room, 'join'));
    client.socket.on('error', () => undefined);
    client.socket.send(new Uint8Array(2_000_000));
    expect(await client.closed).toBe(closeCodes.tooLarge);
    expect(await (await room.request('/metrics')).text()).toContain(
      'gradpool_refusals_total{code="E_FRAME_TOO_LARGE"} 1',
    );
  });

  test('[B2] a message of an unknown type is answered and ignored', async () => {
    const room = await testCoordinator();
    const { client } = await joinAs(as(room, 'join'));
    client.send({ type: 'sing' } as unknown as ClientMessage);
    expect(await client.next('error')).toMatchObject({ code: 'E_MESSAGE_UNKNOWN' });
    await client.settled();
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('[B3] the first message must be hello or watch, and comes once', async () => {
    const room = await testCoordinator();
    const early = await connect(as(room, 'join'));
    early.send({ type: 'pull', want: 1 });
    expect(await refusal(early)).toEqual({ code: 'E_HELLO_FIRST', close: closeCodes.badFrame });
    const { client } = await joinAs(as(room, 'join'));
    client.send(workerHello());
    expect(await refusal(client)).toEqual({ code: 'E_HELLO_TWICE', close: closeCodes.badFrame });
    const viewer = await connect(as(room, 'viewer'));
    viewer.send(watch);
    viewer.send({ type: 'pull', want: 1 });
    expect(await refusal(viewer)).toEqual({ code: 'E_ROLE', close: closeCodes.forbidden });
  });

  test('[B3] a connection that says nothing is closed', async () => {
    const room = await testCoordinator({ limits: { helloMs: 20 } });
    const client = await connect(as(room, 'join'));
    expect(await refusal(client)).toEqual({ code: 'E_HELLO_LATE', close: closeCodes.helloLate });
  });
});

describe('bounds', () => {
  test('[Q1] more frames a second than allowed end the connection', async () => {
    const room = await testCoordinator({ limits: { framesBurstMax: 10, framesPerSecondMax: 1 } });
    const { client } = await joinAs(as(room, 'join'));
    for (let i = 0; i < 20; i += 1) client.send({ type: 'heartbeat', leases: [] });
    expect(await refusal(client)).toEqual({ code: 'E_RATE', close: closeCodes.rate });
  });

  test('[Q2] frames that come while a hello is checked wait, but only so many', async () => {
    let answer = (): void => undefined;
    const held = heldStore();
    const store = {
      ...held.store,
      putWorkerSecretHash: () => new Promise<void>((resolve) => (answer = resolve)),
    };
    const room = await testCoordinator({ store, limits: { inboxFramesMax: 5 } });
    const client = await connect(as(room, 'join'));
    client.send(workerHello());
    for (let i = 0; i < 20; i += 1) client.send({ type: 'heartbeat', leases: [] });
    expect(await refusal(client)).toEqual({ code: 'E_RATE', close: closeCodes.rate });
    answer();
  });

  test('[Q2] what waited is handled in order once the hello is done', async () => {
    const room = await testCoordinator();
    await submit(room);
    const client = await connect(as(room, 'join'));
    client.send(workerHello());
    client.send({ type: 'pull', want: 1 });
    expect((await client.next('welcome')).type).toBe('welcome');
    expect((await client.next('lease')).work.kind).toBe('train');
  });

  test('[Q3] while the store is behind, frames wait; when it has caught up, they are handled', async () => {
    const held = heldStore();
    const room = await testCoordinator({ store: held.store, limits: { pendingEventsMax: 0 } });
    await submit(room);
    const { client, welcome } = await joinAs(as(room, 'join'));
    held.hold();
    client.send({ type: 'pull', want: 1 });
    client.send({ type: 'heartbeat', leases: [] });
    await until(() => room.room.loop.saturated);
    client.send({ type: 'bye', reason: 'done' });
    held.letGo();
    expect(await client.closed).toBe(closeCodes.normal);
    await until(() => room.room.worker(welcome.workerId)?.connected === false);
  });
});
