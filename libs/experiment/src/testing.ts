import { parseSweep } from './parse-sweep.ts';
import type { SweepSpec } from './sweep-spec.ts';

/** A sweep from the text of a file that must be good. For tests only. */
export function sweepOf(text: string): SweepSpec {
  const result = parseSweep(text);
  if (!result.ok) throw new Error(`${result.code} ${result.message}`);
  return result.sweep;
}
