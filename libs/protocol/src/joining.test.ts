import { describe, expect, test } from '@jest/globals';
import { afterClose, closeCodes, errorOfClose } from './close-codes.ts';
import { roleAllows, role } from './http.ts';
import { negotiate } from './negotiate.ts';
import { isToken, socketUrl, subprotocolsFor, tokenOf } from './subprotocol.ts';

describe('[V1] negotiation', () => {
  const ours = { min: 2, max: 5 };
  test.each([
    [{ min: 1, max: 9 }, 5],
    [{ min: 1, max: 3 }, 3],
    [{ min: 4, max: 4 }, 4],
    [{ min: 5, max: 7 }, 5],
    [{ min: 1, max: 1 }, null],
    [{ min: 6, max: 9 }, null],
    [{ min: 5, max: 2 }, null],
  ])('%p against 2 to 5 gives %p', (theirs, version) => {
    expect(negotiate(theirs, ours)).toBe(version);
  });
});

describe('[C2] token', () => {
  test('travels as a second subprotocol', () => {
    expect(subprotocolsFor('aB-9_')).toEqual(['gradpool', 'token.aB-9_']);
    expect(tokenOf('gradpool, token.aB-9_')).toBe('aB-9_');
    expect(tokenOf(new Set(['token.x', 'gradpool']))).toBe('x');
  });

  test.each([
    '',
    'token.x',
    'gradpool',
    'gradpool, token.',
    'gradpool, token.a b',
    `gradpool, token.${'a'.repeat(257)}`,
  ])('is not found in %p', (offered) => {
    expect(tokenOf(offered)).toBeNull();
  });

  test.each(['', 'a b', 'a,b', 'ä', 'a'.repeat(257)])('cannot be %p', (token) => {
    expect(isToken(token)).toBe(false);
    expect(() => subprotocolsFor(token)).toThrow('E_TOKEN');
  });
});

describe('[C1] socket URL', () => {
  test.each([
    ['http://127.0.0.1:7770', 'ws://127.0.0.1:7770/socket'],
    ['https://host/', 'wss://host/socket'],
    ['http://host/base/?token=x#y', 'ws://host/base/socket'],
  ])('of %s is %s', (url, socket) => {
    expect(socketUrl(url)).toBe(socket);
  });

  test.each(['host:1', 'ftp://host', 'ws://host', ''])('is refused for %p', (url) => {
    expect(() => socketUrl(url)).toThrow(/URL/);
  });
});

test('[D5] what a client does after each close', () => {
  const stops = [closeCodes.badToken, closeCodes.forbidden, closeCodes.replaced, closeCodes.version];
  for (const code of stops) expect(afterClose(code)).toBe('fatal');
  expect(stops.map(errorOfClose)).toEqual(['E_TOKEN', 'E_ROLE', 'E_REPLACED', 'E_VERSION']);
  expect(afterClose(closeCodes.badIdentity)).toBe('reconnectAnew');
  for (const code of [1000, 1001, 1006, 1009, 1011, 4400, 4408, 4413, 4429, 4500, 4503, 4999]) {
    expect(afterClose(code)).toBe('reconnect');
  }
});

test('[C5] each role may do what those before it may', () => {
  const may = (needed: (typeof role.options)[number]) => role.options.filter((has) => roleAllows(has, needed));
  expect(may('viewer')).toEqual(['viewer', 'join', 'trusted', 'admin']);
  expect(may('trusted')).toEqual(['trusted', 'admin']);
});
