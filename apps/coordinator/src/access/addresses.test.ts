import { expect, test } from '@jest/globals';
import { hostsOf, isHere, isLoopback } from './addresses.ts';

const v4 = (address: string, internal = false) => ({
  ...{ address, internal, family: 'IPv4' as const, netmask: '', mac: '', cidr: null },
});

test('[N1] the likeliest address of the local network comes first, this machine last', () => {
  const interfaces = {
    lo: [v4('127.0.0.1', true)],
    docker0: [v4('172.17.0.1')],
    awdl0: [v4('169.254.7.7')],
    tun0: [v4('10.8.0.2')],
    eth0: [v4('203.0.113.9'), { ...v4('fe80::1'), family: 'IPv6' as const, scopeid: 2 }],
    wlan0: [v4('192.168.1.20')],
  };
  expect(hostsOf('0.0.0.0', interfaces)).toEqual([
    ...['192.168.1.20', '203.0.113.9', '10.8.0.2', '172.17.0.1', '169.254.7.7', '127.0.0.1'],
  ]);
});

test('[N1] a server that listens on one address has that one', () => {
  expect(hostsOf('127.0.0.1', {})).toEqual(['127.0.0.1']);
  expect(hostsOf('lab-7', {})).toEqual(['lab-7']);
  expect(hostsOf('fd00::7', {})).toEqual(['[fd00::7]']);
});

test('[N1] names for this machine are known as such', () => {
  const names = ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', '192.168.1.20', 'localhost.example.org'];
  expect(names.filter(isLoopback)).toEqual(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]']);
});

test('the other end of a connection is here or elsewhere, also as a socket for both families writes it', () => {
  const ends = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '192.168.1.7', '::ffff:10.0.0.2', 'fe80::1', undefined];
  expect(ends.map(isHere)).toEqual([true, true, true, false, false, false, false]);
});
