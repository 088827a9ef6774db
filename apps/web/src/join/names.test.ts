import { expect, test } from '@jest/globals';
import { describeBrowser } from './describe-browser.ts';
import { nickname } from './names.ts';

test('nicknames come from the whole of both lists', () => {
  expect(nickname(() => 0)).toBe('Able Badger');
  expect(nickname(() => 0.999999)).toBe('Witty Wombat');
});

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Chrome 140 on Linux',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0',
    'Edge 131 on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1',
    'Safari 18 on iPhone',
  ],
  ['Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'Firefox 140 on Android'],
  ['curl/8', 'Browser'],
])('%s', (userAgent, expected) => {
  expect(describeBrowser(userAgent)).toBe(expected);
});
