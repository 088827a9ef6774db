import { readFileSync } from 'node:fs';
import { configError, reasonOf } from '../cli-error.ts';

/** The text of a sweep file, or an error that says why it cannot be read. */
export function readSweepFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw configError('E_FILE', `cannot read the sweep file ${path} (${reasonOf(error)}); check the path`);
  }
}
