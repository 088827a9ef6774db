import { existsSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sweep that `gradpool up` runs when none is named; found from this package, whatever folder one is in. */
export const quickstartSweep = (): string => fileURLToPath(new URL('../../../sweeps/quickstart.yaml', import.meta.url));

export const coordinatorEntry = (): string => fileURLToPath(import.meta.resolve('@gradpool/coordinator/main'));
export const workerEntry = (): string => fileURLToPath(import.meta.resolve('@gradpool/node-worker/main'));

/** A path as one would type it here: relative where it lies below the current folder. */
export function shortPath(path: string, from: string = process.cwd()): string {
  const short = relative(from, path);
  return short && !short.startsWith('..') && existsSync(path) ? `.${sep}${short}` : path;
}
