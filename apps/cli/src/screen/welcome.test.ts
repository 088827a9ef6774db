import { expect, test } from '@jest/globals';
import { plainLook } from './paint.ts';
import { welcomeLines } from './welcome.ts';

const tokens = { viewer: 'vvv', join: 'jjj', trusted: 'ttt', admin: 'aaa' };
const welcome = { url: 'http://127.0.0.1:4710', remoteUrls: [], tokens, dataDir: 'data', showTokens: false };

test('a loopback address says how to let others in', () => {
  expect(welcomeLines(welcome, plainLook(80))).toEqual([
    '  gradpool serves http://127.0.0.1:4710',
    '  Only this machine can join; for others start with --host 0.0.0.0',
  ]);
});

test('the first start shows the tokens; a reachable address shows how to join', () => {
  const open = { ...welcome, remoteUrls: ['http://192.168.1.20:4710'], showTokens: true };
  expect(welcomeLines(open, plainLook(80))).toEqual([
    '  gradpool serves http://127.0.0.1:4710',
    '',
    '  Another machine joins with:',
    '    npx gradpool worker --url http://192.168.1.20:4710 --token jjj',
    '',
    expect.stringMatching(/New tokens, shown this once; they are kept in data.tokens\.json:/),
    '    viewer   vvv  looks on',
    '    join     jjj  trains too',
    '    trusted  ttt  checks results too',
    '    admin    aaa  does everything',
  ]);
});
