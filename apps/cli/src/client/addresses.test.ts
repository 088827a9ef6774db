import { expect, test } from '@jest/globals';
import { localUrl, portOf, remoteUrls } from './addresses.ts';

test('a place to listen on becomes one to connect to', () => {
  expect(localUrl('http://0.0.0.0:4710')).toBe('http://127.0.0.1:4710');
  expect(localUrl('http://192.168.1.20:4710')).toBe('http://192.168.1.20:4710');
});

test('ports, also the ones that go without saying', () => {
  expect([portOf('http://h:4710'), portOf('http://h'), portOf('https://h')]).toEqual([4710, 80, 443]);
});

test('other machines reach what is not the loopback', () => {
  const urls = ['http://192.168.1.20:4710', 'http://lab-7:4710', 'http://127.0.0.1:4710', 'http://[::1]:4710'];
  expect(remoteUrls(urls)).toEqual(['http://192.168.1.20:4710', 'http://lab-7:4710']);
});
