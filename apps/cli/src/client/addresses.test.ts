import { expect, test } from '@jest/globals';
import { localUrl, portOf, remoteUrls } from './addresses.ts';

test('a place to listen on becomes one to connect to', () => {
  expect(localUrl('http://0.0.0.0:4710')).toBe('http://127.0.0.1:4710');
  expect(localUrl('http://192.168.1.20:4710')).toBe('http://192.168.1.20:4710');
});

test('ports, also the ones that go without saying', () => {
  expect([portOf('http://h:4710'), portOf('http://h'), portOf('https://h')]).toEqual([4710, 80, 443]);
});

test('other machines reach every outward IPv4 address, a named host, or nothing', () => {
  const one = { netmask: '', mac: '', cidr: null };
  const interfaces = {
    lo: [{ ...one, family: 'IPv4' as const, address: '127.0.0.1', internal: true }],
    eth0: [
      { ...one, family: 'IPv4' as const, address: '192.168.1.20', internal: false },
      { ...one, family: 'IPv6' as const, address: 'fe80::1', internal: false, scopeid: 2 },
    ],
  };
  expect(remoteUrls('http://127.0.0.1:4710', '0.0.0.0', interfaces)).toEqual(['http://192.168.1.20:4710']);
  expect(remoteUrls('http://127.0.0.1:4710', '127.0.0.1', interfaces)).toEqual([]);
  expect(remoteUrls('http://lab-7:4710', 'lab-7', interfaces)).toEqual(['http://lab-7:4710']);
});
