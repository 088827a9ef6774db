import { renderUnicodeCompact } from 'uqr';
import type { Look } from './paint.ts';

/** Light modules around the code, without which cameras do not find it (the standard asks for 4; 2 do on a screen). */
const borderModules = 2;

/**
 * A text as a QR code of half blocks, white on black whatever the terminal's own colours. Null where the terminal is too
 * narrow for it or has no block characters.
 */
export function qrLines(text: string, { columns, unicode, paint }: Look): string[] | null {
  if (!unicode) return null;
  const lines = renderUnicodeCompact(text, { border: borderModules }).split('\n');
  const indent = '  ';
  if ((lines[0]?.length ?? 0) + indent.length > columns) return null;
  return lines.map((line) => indent + paint.bgBlack(paint.whiteBright(line)));
}
