import { expect, test } from '@jest/globals';
import { sharedLink } from './shared-link.ts';

test('a shared link has the host and the token of the link for looking on', () => {
  const link = sharedLink('/leaderboard/a?x=noise', 'http://localhost:1', 'http://10.0.0.2:4710/#t=look');
  expect(link).toBe('http://10.0.0.2:4710/leaderboard/a?x=noise#t=look');
});

test('without one it is the plain address', () => {
  expect(sharedLink('/compare?trials=a', 'http://localhost:1', undefined)).toBe('http://localhost:1/compare?trials=a');
});
