import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get as getPlain, request as requestPlain, type IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeServer, encode, socketUrl, subprotocolsFor, supportedVersions } from '@gradpool/protocol';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { hostsOf, isLoopback } from '../access/addresses.ts';
import { stopTestCoordinators, testCoordinator } from '../testing/test-coordinator.ts';
import { hostFor, ownCertificate, readCertificate, type Certificate } from './certificate.ts';

let folder = '';
let certificate: Certificate;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gradpool-tls-'));
  certificate = await ownCertificate(folder, '127.0.0.1');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(stopTestCoordinators);

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

async function read(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += String(part);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

const ask = (url: string, ca: string = certificate.cert): Promise<Answer> =>
  new Promise((resolve, reject) => {
    get(url, { ca }, (response) => void read(response).then(resolve, reject)).on('error', reject);
  });

const askPlain = (url: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    getPlain(url, (response) => void read(response).then(resolve, reject)).on('error', reject);
  });

/** An address of this machine by which others reach it; null where it has none. */
const outward = hostsOf('0.0.0.0').find((host) => !isLoopback(host)) ?? null;

test('[K1] HTTPS and its sockets are served with the certificate, which whoever trusts it believes', async () => {
  const room = await testCoordinator({ certificate });
  expect(room.url).toMatch(/^https:\/\/127\.0\.0\.1:/);
  expect((await ask(`${room.url}/api/health`)).status).toBe(200);
  await expect(ask(`${room.url}/api/health`, 'none')).rejects.toThrow();
  const socket = new WebSocket(socketUrl(room.url), subprotocolsFor(room.tokens.viewer), { ca: certificate.cert });
  socket.on('open', () => socket.send(encode({ type: 'watch', versions: supportedVersions })));
  const bytes = await new Promise<Buffer>((resolve, reject) => socket.once('message', resolve).once('error', reject));
  expect(decodeServer(bytes)).toMatchObject({ ok: true, message: { type: 'snapshot' } });
  const links = await ask(`${room.url}/api/room?token=${room.tokens.join}`);
  expect(JSON.parse(links.text)).toMatchObject({
    secure: true,
    links: { join: [`${room.url}/join#t=${room.tokens.join}`] },
  });
});

test('[K1] it is served at an address of the local network, with links that name it', async () => {
  if (outward === null) return void process.stderr.write('skipped: this machine has no address but the loopback\n');
  const room = await testCoordinator({ certificate, host: '0.0.0.0' });
  const there = `https://${outward}:${room.port}`;
  const { text } = await ask(`${there}/api/room?token=${room.tokens.join}`);
  expect((JSON.parse(text) as { urls: string[] }).urls[0]).toBe(there);
});

test('[K2] plain HTTP on the same port is sent on to HTTPS, and nothing is changed by it', async () => {
  const room = await testCoordinator({ certificate });
  const plain = room.url.replace('https:', 'http:');
  const moved = await askPlain(`${plain}/join?x=1`);
  expect([moved.status, moved.headers.location]).toEqual([308, `${room.url}/join?x=1`]);
  const posted = await new Promise<Answer>((resolve, reject) => {
    const request = requestPlain(`${plain}/api/room/end`, { method: 'POST' }, (response) => {
      void read(response).then(resolve, reject);
    });
    request.on('error', reject).end('a body');
  });
  expect([posted.status, posted.text]).toEqual([400, expect.stringContaining('E_HTTPS')]);
  const socket = new WebSocket(socketUrl(plain), subprotocolsFor(room.tokens.viewer));
  const status = new Promise((resolve) =>
    socket.once('unexpected-response', (_request, answer) => resolve(answer.statusCode)),
  );
  socket.on('error', () => undefined);
  expect(await status).toBe(426);
  expect((await ask(`${room.url}/api/health`)).status).toBe(200);
});

test('[K3] the certificate made here is kept, covers every address, and is made anew before it expires', async () => {
  const parsed = new X509Certificate(certificate.cert);
  for (const host of hostsOf('0.0.0.0')) expect(parsed.checkIP(host)).toBe(host);
  expect(parsed.checkHost('localhost')).toBe('localhost');
  expect(await ownCertificate(folder, '127.0.0.1')).toEqual(certificate);
  const later = Date.now() + 380 * 24 * 60 * 60_000;
  const other = await mkdtemp(path.join(tmpdir(), 'gradpool-tls-'));
  const first = await ownCertificate(other, '127.0.0.1');
  expect((await ownCertificate(other, '127.0.0.1', later)).cert).not.toBe(first.cert);
  expect((await ownCertificate(other, 'lab-7.example', later)).cert).not.toBe(first.cert);
  expect(hostFor(await ownCertificate(other, 'lab-7.example', later), 'lab-7.example')).toBe('lab-7.example');
  expect(hostFor(certificate, 'elsewhere.example')).toBe('localhost');
  await rm(other, { recursive: true, force: true });
});

test('[K4] files that are missing, broken or do not belong together are told apart', async () => {
  const other = await mkdtemp(path.join(tmpdir(), 'gradpool-tls-'));
  const stranger = await ownCertificate(other, '127.0.0.1');
  const file = (name: string) => path.join(folder, 'tls', name);
  const good = { cert: file('cert.pem'), key: file('key.pem') };
  expect((await readCertificate(good)).cert).toBe(await readFile(good.cert, 'utf8'));
  await expect(readCertificate({ ...good, key: path.join(other, 'tls', 'key.pem') })).rejects.toMatchObject({
    code: 'E_TLS_MISMATCH',
    exit: 2,
  });
  await expect(readCertificate({ ...good, cert: file('none.pem') })).rejects.toMatchObject({
    code: 'E_TLS_FILE',
    exit: 2,
  });
  await writeFile(file('broken.pem'), 'no certificate');
  await expect(readCertificate({ ...good, cert: file('broken.pem') })).rejects.toMatchObject({ code: 'E_TLS_FILE' });
  expect(stranger.cert).not.toBe(certificate.cert);
  await rm(other, { recursive: true, force: true });
});
