import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hasTokens, openDataFolder, readServing, removeServing, writeServing } from './data-folder.ts';
import { findCoordinator } from './find-coordinator.ts';

const tokens = { viewer: 'vvv', join: 'jjj', trusted: 'ttt', admin: 'aaa' };
let dataDir = '';

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'gradpool-data-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const serve = () => {
  writeFileSync(join(dataDir, 'tokens.json'), JSON.stringify(tokens));
  writeServing(dataDir, { url: 'http://127.0.0.1:4710', pid: process.pid, ca: null });
};

test('[F1] what up left in the data folder', () => {
  serve();
  expect(findCoordinator({ dataDir }, 'admin', {})).toEqual({
    ...{ url: 'http://127.0.0.1:4710', token: 'aaa', ca: null },
  });
  expect(findCoordinator({ dataDir }, 'viewer', {}).token).toBe('vvv');
});

test('[F1] flags go before the environment, and that before the data folder', () => {
  serve();
  const env = { GRADPOOL_URL: 'http://lab:1', GRADPOOL_TOKEN: 'eee' };
  expect(findCoordinator({ dataDir }, 'viewer', env)).toEqual({ url: 'http://lab:1', token: 'eee', ca: null });
  expect(findCoordinator({ dataDir, url: 'https://x:2/', token: 'fff' }, 'viewer', env)).toEqual({
    url: 'https://x:2',
    token: 'fff',
    ca: null,
  });
});

test('what is missing is said, with what to do', () => {
  const refused = (flags: object) => {
    try {
      findCoordinator({ dataDir, ...flags }, 'viewer', {});
      return 'found';
    } catch (error) {
      return error;
    }
  };
  expect(refused({})).toMatchObject({
    code: 'E_NO_COORDINATOR',
    exit: 2,
    message: expect.stringContaining('npm start'),
  });
  expect(refused({ url: 'lab:4710' })).toMatchObject({ code: 'E_USAGE', exit: 2 });
  expect(refused({ url: 'http://lab:4710' })).toMatchObject({ code: 'E_TOKEN', exit: 2 });
});

test('[F2] a note of a process that is gone counts as nothing', () => {
  writeServing(dataDir, { url: 'http://127.0.0.1:4710', pid: 2 ** 22 + 1, ca: null });
  expect(readServing(dataDir)).toBeNull();
});

test('[F2] only the process that wrote the note takes it away', () => {
  serve();
  removeServing(dataDir, process.pid + 1);
  expect(readServing(dataDir)).toEqual({ url: 'http://127.0.0.1:4710', pid: process.pid, ca: null });
  removeServing(dataDir, process.pid);
  expect(readServing(dataDir)).toBeNull();
});

test('files that are no JSON, or half of it, count as absent', () => {
  writeFileSync(join(dataDir, 'coordinator.json'), '{"url":');
  writeFileSync(join(dataDir, 'tokens.json'), '{"viewer":1}');
  expect(readServing(dataDir)).toBeNull();
  expect(() => findCoordinator({ dataDir, url: 'http://lab:1' }, 'viewer', {})).toThrow(/no token/);
  expect(hasTokens(dataDir)).toBe(true);
});

test('a data folder is private, and one that cannot be made is an error', () => {
  const inside = join(dataDir, 'a', 'b');
  openDataFolder(inside);
  if (process.platform !== 'win32') expect(statSync(inside).mode & 0o777).toBe(0o700);
  writeFileSync(join(dataDir, 'file'), '');
  expect(() => openDataFolder(join(dataDir, 'file', 'sub'))).toThrow(/cannot make the data folder/);
  mkdirSync(join(dataDir, 'there'));
  expect(() => openDataFolder(join(dataDir, 'there'))).not.toThrow();
});

test('[F3] the certificate: the flag, the environment, else the one of the coordinator that serves the folder', () => {
  writeServing(dataDir, { url: 'https://127.0.0.1:4710', pid: process.pid, ca: '/data/tls/cert.pem' });
  const caOf = (flags: { ca?: string; url?: string }, env = {}) =>
    findCoordinator({ dataDir, token: 't', ...flags }, 'viewer', env).ca;
  expect(caOf({})).toBe('/data/tls/cert.pem');
  expect(caOf({}, { GRADPOOL_CA: '/env.pem' })).toBe('/env.pem');
  expect(caOf({ ca: '/flag.pem' }, { GRADPOOL_CA: '/env.pem' })).toBe('/flag.pem');
  expect(caOf({ url: 'https://elsewhere:1' })).toBeNull();
});
