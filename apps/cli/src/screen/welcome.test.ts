import { expect, test } from '@jest/globals';
import { plainLook } from './paint.ts';
import { welcomeLines } from './welcome.ts';

const tokens = { viewer: 'vvv', join: 'jjj', trusted: 'ttt', admin: 'aaa' };
const here = 'http://127.0.0.1:4710';
const there = 'http://192.168.1.20:4710';
const linksOf = (...urls: string[]) => ({
  urls,
  links: { join: urls.map((url) => `${url}/join#t=jjj`), viewer: urls.map((url) => `${url}/#t=vvv`) },
});
const shown = { showTokens: false, atTerminal: false, showCode: true };
const quiet = { url: here, tokens, dataDir: 'data', ownCertificate: null, ...shown };

test('a loopback address gives a link for this machine and says how to let others in', () => {
  expect(welcomeLines({ ...quiet, ...linksOf(here) }, plainLook(100))).toEqual([
    '  gradpool serves http://127.0.0.1:4710',
    '  Only this machine can join; for others start with --lan. In a browser here:',
    '    http://127.0.0.1:4710/join#t=jjj',
  ]);
});

test('[O5] a reachable address is said plainly, with the link to join and its code', () => {
  const lines = welcomeLines({ ...quiet, ...linksOf(there, here) }, plainLook(100));
  const code = lines.filter((line) => /[█▀▄]/.test(line));
  expect(code.length).toBeGreaterThan(10);
  expect(lines.filter((line) => !code.includes(line))).toEqual([
    '  gradpool serves http://127.0.0.1:4710',
    '  Everybody on this network can reach it: http://192.168.1.20:4710',
    '',
    '  Open this link on any phone or computer here, and it trains:',
    '    http://192.168.1.20:4710/join#t=jjj',
    '',
    '',
    '  A machine without a browser joins with:',
    '    npx gradpool worker --url http://192.168.1.20:4710 --token jjj',
  ]);
});

test('[O5] with a certificate of its own the coordinator says what another machine needs', () => {
  const urls = linksOf('https://192.168.1.20:4710', 'https://127.0.0.1:4710');
  const lines = welcomeLines({ ...quiet, ...urls, ownCertificate: 'data/tls/cert.pem' }, plainLook(100));
  expect(lines.slice(-2)).toEqual([
    '  A machine without a browser joins with a copy of data/tls/cert.pem and:',
    '    npx gradpool worker --url https://192.168.1.20:4710 --token jjj --ca cert.pem',
  ]);
});

test('[O5] links to look on and to steer are for the person at the terminal', () => {
  const welcome = { ...quiet, ...linksOf(here) };
  expect(welcomeLines(welcome, plainLook(100)).join('\n')).not.toContain('aaa');
  expect(welcomeLines({ ...welcome, atTerminal: true }, plainLook(100)).slice(3)).toEqual([
    '',
    '  To look on (for everybody), and to steer (for yourself alone):',
    '    http://127.0.0.1:4710/#t=vvv',
    '    http://127.0.0.1:4710/#t=aaa',
  ]);
});

test('the first start shows the tokens', () => {
  const lines = welcomeLines({ ...quiet, ...linksOf(here), showTokens: true }, plainLook(100));
  expect(lines.slice(3)).toEqual([
    '',
    expect.stringMatching(/New tokens, shown this once; they are kept in data.tokens\.json:/),
    '    viewer   vvv  looks on',
    '    join     jjj  trains too',
    '    trusted  ttt  checks results too',
    '    admin    aaa  does everything',
  ]);
});
