import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { originAllowed } from './origin.ts';
import { drawTokens, openTokens, roleFinder, tokensFromEnvironment } from './tokens.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'gradpool-tokens-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('tokens', () => {
  test('are drawn at the first start, private, and the same at the second', async () => {
    const first = await openTokens(dir);
    expect(first.fresh).toBe(true);
    expect(new Set(Object.values(first.tokens)).size).toBe(4);
    if (process.platform !== 'win32') expect((await stat(path.join(dir, 'tokens.json'))).mode & 0o777).toBe(0o600);
    expect(await openTokens(dir)).toEqual({ tokens: first.tokens, fresh: false });
  });

  test('a broken file is refused and left as it is', async () => {
    await writeFile(path.join(dir, 'tokens.json'), '{"viewer": 1}');
    await expect(openTokens(dir)).rejects.toMatchObject({ code: 'E_TOKENS_FILE', exit: 2 });
    expect(await readFile(path.join(dir, 'tokens.json'), 'utf8')).toBe('{"viewer": 1}');
  });

  test('a given token replaces the drawn one and is kept', async () => {
    const { tokens } = await openTokens(dir);
    const join = 'given-token-with-enough-characters';
    const env = { GRADPOOL_JOIN_TOKEN: join };
    expect(await openTokens(dir, tokensFromEnvironment(env))).toEqual({ tokens: { ...tokens, join }, fresh: false });
    expect((await openTokens(dir)).tokens.join).toBe(join);
  });

  test('a given token that could be guessed is refused', () => {
    expect(() => tokensFromEnvironment({ GRADPOOL_ADMIN_TOKEN: 'secret' })).toThrow(
      /GRADPOOL_ADMIN_TOKEN has 6 characters/,
    );
  });

  test('a token has its role, anything else none', () => {
    const tokens = drawTokens();
    const find = roleFinder(tokens);
    expect(find(tokens.viewer)).toBe('viewer');
    expect(find(tokens.admin)).toBe('admin');
    expect([find(null), find(''), find(`${tokens.admin}x`), find(tokens.admin.slice(1))]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('origins', () => {
  const host = '127.0.0.1:4710';
  test.each([
    [undefined, true],
    ['http://127.0.0.1:4710', true],
    ['https://lab.example', true],
    ['http://127.0.0.1:4711', false],
    ['https://evil.example', false],
    ['null', false],
    ['file://127.0.0.1:4710', false],
  ])('%s', (origin, allowed) => {
    expect(originAllowed({ origin, host }, ['https://lab.example'])).toBe(allowed);
  });
});
