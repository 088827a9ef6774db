import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf, WorkError } from './work-error.ts';
import { coordinatorHttp, type CoordinatorHttp } from './coordinator-http.ts';

const sha256 = 'a'.repeat(64) as never;
const never = new AbortController().signal;
let server: Server;
let http: CoordinatorHttp;
let answer: (response: ServerResponse) => void;
let seen: { method: string; url: string; authorization: string; bytes: number };

beforeAll(async () => {
  server = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen = { method, url, authorization: headers.authorization ?? '', bytes };
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  http = coordinatorHttp({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`, token: 'tok' });
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const refuse = (status: number, body: unknown) => (response: ServerResponse) =>
  response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));

async function thrownBy(work: Promise<unknown>): Promise<WorkError> {
  const error: unknown = await work.then(() => null).catch((reason: unknown) => reason);
  if (error instanceof WorkError) return error;
  throw new Error(`expected a WorkError, got ${failureOf(error).message}`);
}

describe('HTTP of a worker', () => {
  test('an artifact goes up under its digest, with the token', async () => {
    answer = refuse(201, { sha256, bytes: 3, created: true });
    await http.storeArtifact(sha256, new Uint8Array([1, 2, 3]), never, 'keep');
    const url = `/base/api/artifacts/${String(sha256)}`;
    expect(seen).toEqual({ method: 'PUT', url, authorization: 'Bearer tok', bytes: 3 });
  });

  test('one that is of use for a round only says so', async () => {
    answer = refuse(201, { sha256, bytes: 3, created: true });
    await http.storeArtifact(sha256, new Uint8Array([1, 2, 3]), never, 'round');
    expect(seen).toMatchObject({ method: 'PUT', url: `/base/api/artifacts/${String(sha256)}?for=round` });
  });

  test('bytes and JSON come down as they are', async () => {
    answer = (response) => response.end(Buffer.from([0, 255, 7]));
    expect(await http.dataFile(sha256, never)).toEqual(new Uint8Array([0, 255, 7]));
    answer = refuse(200, { name: 'mnist' });
    expect(await http.manifest(sha256, never)).toEqual({ name: 'mnist' });
  });

  test.each([
    [401, 'E_TOKEN', false],
    [403, 'E_ROLE', false],
    [404, 'E_ARTIFACT_MISSING', false],
    [413, 'E_ARTIFACT_TOO_LARGE', false],
    [400, 'E_ARTIFACT_UPLOAD', false],
    [429, 'E_ARTIFACT_UPLOAD', true],
    [503, 'E_ARTIFACT_UPLOAD', true],
    [507, 'E_ARTIFACT_UPLOAD', true],
  ])('status %i is %s, worth another attempt: %p', async (status, code, transient) => {
    answer = refuse(status, { code: 'E_SAID', message: 'why' });
    const error = await thrownBy(http.storeArtifact(sha256, new Uint8Array(1), never, 'keep'));
    expect(error).toMatchObject({ code, transient });
    expect(error.message).toMatch(`HTTP ${status} E_SAID: why`);
  });

  test('a file that is not there is E_DATA_UNAVAILABLE', async () => {
    answer = refuse(404, 'no JSON');
    expect(await thrownBy(http.dataFile(sha256, never))).toMatchObject({
      code: 'E_DATA_UNAVAILABLE',
      transient: false,
    });
  });

  test('an answer that breaks off is worth another attempt', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('short');
      setImmediate(() => response.destroy());
    };
    expect(await thrownBy(http.dataFile(sha256, never))).toMatchObject({ code: 'E_UNREACHABLE', transient: true });
  });

  test('nobody listening is worth another attempt, a caller who gave up is not', async () => {
    const nobody = coordinatorHttp({ url: 'http://127.0.0.1:1', token: 'tok' });
    expect(await thrownBy(nobody.artifact(sha256, never))).toMatchObject({ code: 'E_UNREACHABLE', transient: true });
    expect(await thrownBy(nobody.artifact(sha256, AbortSignal.abort()))).toMatchObject({ transient: false });
  });
});
