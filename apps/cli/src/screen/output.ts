import type { Look } from './paint.ts';
import { openPaint } from './paint.ts';

/**
 * Where a command shows what it does. `live`: a terminal, with a part that is drawn anew in place; `plain`: a file or
 * pipe, lines only, no control codes; `json`: one JSON value per line for scripts, nothing else.
 */
export interface Output {
  readonly mode: 'live' | 'plain' | 'json';
  look(): Look;
  /** Lines that the terminal can show. */
  rows(): number;
  /** Lines for people that stay; nothing in `json` mode. */
  say(lines: readonly string[]): void;
  /** A value for scripts; nothing in the other modes. */
  json(value: unknown): void;
  /** Replaces the live part; nothing in the other modes. */
  frame(lines: readonly string[]): void;
  /** Takes the live part away. */
  endFrame(): void;
}

type Terminal = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean; columns?: number; rows?: number };
type Environment = Readonly<Record<string, string | undefined>>;

/** A file can be read with longer lines than a screen. */
const plainColumns = 160;

/** Colour only on a terminal that can show it, and never with NO_COLOR (https://no-color.org) set. */
export const wantsColour = (stream: Terminal, env: Environment): boolean =>
  stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

/** Whether block characters can be expected: the Linux console and non-UTF-8 locales get ASCII. */
export function wantsUnicode(env: Environment, platform: NodeJS.Platform): boolean {
  if (platform === 'win32') return Boolean(env['WT_SESSION'] ?? env['TERM_PROGRAM'] ?? env['ConEmuTask']);
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(Boolean) ?? '';
  return env['TERM'] !== 'linux' && (locale === '' || /utf-?8/i.test(locale));
}

/** Opens the output of a command. `live` asks for a part drawn in place, where the stream is a terminal. */
export async function openOutput({
  json,
  live,
  stream = process.stdout,
  env = process.env,
}: {
  json: boolean;
  live: boolean;
  stream?: NodeJS.WriteStream;
  env?: Environment;
}): Promise<Output> {
  const paint = openPaint(!json && wantsColour(stream, env));
  const unicode = wantsUnicode(env, process.platform);
  const canRedraw = stream.isTTY === true && env['TERM'] !== 'dumb';
  const mode = json ? 'json' : live && canRedraw ? 'live' : 'plain';
  const redraw = mode === 'live' ? (await import('log-update')).createLogUpdate(stream) : null;
  let height = 0;
  return {
    mode,
    look: () => ({ columns: stream.isTTY ? Math.max(20, stream.columns ?? 80) : plainColumns, paint, unicode }),
    rows: () => (stream.isTTY ? (stream.rows ?? 24) : 1_000),
    say: (lines) => {
      if (mode === 'json') return;
      // Not through log-update, which would cut a text that is higher than the terminal.
      redraw?.clear();
      stream.write(`${lines.join('\n')}\n`);
      height = 0;
    },
    json: (value) => {
      if (mode === 'json') stream.write(`${JSON.stringify(value)}\n`);
    },
    frame: (lines) => {
      // A frame of another height is drawn from scratch: patching one in place leaves stray lines behind.
      if (lines.length !== height) redraw?.clear();
      height = lines.length;
      redraw?.(lines.join('\n'));
    },
    endFrame: () => {
      redraw?.clear();
      redraw?.done();
      height = 0;
    },
  };
}
