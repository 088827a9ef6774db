import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { stopTestCoordinators, testCoordinator } from '../testing/test-coordinator.ts';

let siteDir = '';

beforeAll(async () => {
  siteDir = await mkdtemp(path.join(tmpdir(), 'gradpool-site-'));
  await mkdir(path.join(siteDir, 'assets'));
  await writeFile(path.join(siteDir, 'index.html'), '<!doctype html><title>the page</title>');
  await writeFile(path.join(siteDir, 'icon.svg'), '<svg/>');
  await writeFile(path.join(siteDir, 'assets/worker-1a2b.js'), 'plain');
  await writeFile(path.join(siteDir, 'assets/worker-1a2b.js.gz'), 'packed');
  await writeFile(path.join(siteDir, 'assets/kernels-3c4d.wasm'), 'wasm');
});
afterAll(() => rm(siteDir, { recursive: true, force: true }));
afterEach(stopTestCoordinators);

test('[U1] every address of the single page answers the same text, checked anew each time', async () => {
  const room = await testCoordinator({ siteDir });
  const addresses = [
    '/',
    '/join',
    '/leaderboard',
    '/leaderboard/quickstart',
    '/trials/1',
    '/trials/1/latent',
    '/compare?a=1',
    '/new',
  ];
  for (const address of addresses) {
    const answer = await room.request(address, { role: null });
    expect([address, answer.status, await answer.text()]).toEqual([address, 200, expect.stringContaining('the page')]);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    const etag = answer.headers.get('etag') ?? '';
    const again = await room.request(address, { role: null, headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  }
});

test('[U1] an address that nobody knows is no page', async () => {
  const room = await testCoordinator({ siteDir });
  for (const address of ['/api/nothing', '/nowhere', '/assets/gone.js', '/assets/..%2f..%2fpackage.json']) {
    expect([address, (await room.request(address, { role: null })).status]).toEqual([address, 404]);
  }
  expect(await (await room.request('/verified', { role: null })).text()).toContain('does not prove');
});

test('[U2] a file named by its content never goes stale; the others are checked', async () => {
  const room = await testCoordinator({ siteDir });
  const wasm = await room.request('/assets/kernels-3c4d.wasm', { role: null });
  expect(wasm.headers.get('content-type')).toBe('application/wasm');
  expect(wasm.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const etag = wasm.headers.get('etag') ?? '';
  const again = await room.request('/assets/kernels-3c4d.wasm', { role: null, headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
  const icon = await room.request('/icon.svg', { role: null });
  expect([icon.headers.get('content-type'), icon.headers.get('cache-control')]).toEqual(['image/svg+xml', 'no-cache']);
  expect((await room.request('/icon.svg', { method: 'POST' })).status).toBe(404);
});

test('[U2] a packed copy goes to those who take it', async () => {
  const room = await testCoordinator({ siteDir });
  const plain = await room.request('/assets/worker-1a2b.js', {
    role: null,
    headers: { 'accept-encoding': 'identity' },
  });
  expect([await plain.text(), plain.headers.get('vary')]).toEqual(['plain', 'Accept-Encoding']);
  const packed = await room.request('/assets/worker-1a2b.js', {
    role: null,
    headers: { 'accept-encoding': 'gzip' },
    method: 'HEAD',
  });
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(packed.headers.get('content-type')).toMatch(/^text\/javascript/);
});

test('[U3] pages and scripts run nothing compiled from text, and nothing from elsewhere', async () => {
  const room = await testCoordinator({ siteDir });
  for (const address of ['/join', '/assets/worker-1a2b.js']) {
    const { headers } = await room.request(address, { role: null });
    const policy = (headers.get('content-security-policy') ?? '').split('; ');
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain(`connect-src 'self' ws://${new URL(room.url).host} wss://${new URL(room.url).host}`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

test('[U4] a site that was not built says so', async () => {
  const room = await testCoordinator({ siteDir: path.join(siteDir, 'absent') });
  const answer = await room.request('/join', { role: null });
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('npm run build')]);
});
