import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { openOutput, wantsColour, wantsUnicode } from './output.ts';

/** A stream that says of itself what a terminal says. */
function fakeStream(isTTY: boolean): { stream: NodeJS.WriteStream; written: () => string } {
  const chunks: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80, rows: 24 });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return { stream: stream as unknown as NodeJS.WriteStream, written: () => chunks.join('') };
}

const utf8 = { LANG: 'C.UTF-8', TERM: 'xterm' };

describe('[O2] colour', () => {
  test.each([
    ['a terminal', true, utf8, true],
    ['a pipe', false, utf8, false],
    ['NO_COLOR', true, { ...utf8, NO_COLOR: '1' }, false],
    ['an empty NO_COLOR, which counts as absent', true, { ...utf8, NO_COLOR: '' }, true],
    ['a dumb terminal', true, { ...utf8, TERM: 'dumb' }, false],
  ])('%s', (_name, isTTY, env, expected) => expect(wantsColour(fakeStream(isTTY).stream, env)).toBe(expected));
});

test('block characters only where they can be expected', () => {
  expect(wantsUnicode(utf8, 'linux')).toBe(true);
  expect(wantsUnicode({ LANG: 'C' }, 'linux')).toBe(false);
  expect(wantsUnicode({ LANG: 'en_US.UTF-8', TERM: 'linux' }, 'linux')).toBe(false);
  expect(wantsUnicode({}, 'darwin')).toBe(true);
  expect(wantsUnicode({}, 'win32')).toBe(false);
  expect(wantsUnicode({ WT_SESSION: '1' }, 'win32')).toBe(true);
});

test('[O1] a pipe gets plain lines: no frames, no control codes', async () => {
  const { stream, written } = fakeStream(false);
  const output = await openOutput({ json: false, live: true, stream, env: utf8 });
  expect(output.mode).toBe('plain');
  output.frame(['never shown']);
  output.say([output.look().paint.red('said')]);
  output.json({ never: 'shown' });
  output.endFrame();
  expect(written()).toBe('said\n');
});

test('[O3] --json writes one value per line and nothing else, on a terminal too', async () => {
  const { stream, written } = fakeStream(true);
  const output = await openOutput({ json: true, live: true, stream, env: utf8 });
  output.say(['for people']);
  output.frame(['for people']);
  output.json({ event: 'serving' });
  output.json([1, 2]);
  expect(written()).toBe('{"event":"serving"}\n[1,2]\n');
});

test('[O1] a terminal gets a live part, and what is said stands above it', async () => {
  const { stream, written } = fakeStream(true);
  const output = await openOutput({ json: false, live: true, stream, env: utf8 });
  expect(output.mode).toBe('live');
  output.frame(['one', 'two']);
  output.say(['said']);
  output.frame(['one']);
  output.endFrame();
  // eslint-disable-next-line no-control-regex
  expect(written()).toMatch(/one\ntwo\n[^]*\u001B\[[^]*said\n[^]*one/);
});
