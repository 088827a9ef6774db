import { createRequire } from 'node:module';
import util from 'node:util';

/**
 * Loads @tensorflow/tfjs-node where the user has installed it beside gradpool, and returns its numeric class. It is an
 * optional peer: its own install step downloads a large library, so nobody gets it unasked. Rejects where it is absent or
 * does not start; the next backend is then taken.
 */
export async function loadTfjsNode(): Promise<string> {
  restoreRemovedUtil();
  // Not a literal, so that nothing demands the package at build time.
  const name = '@tensorflow/tfjs-node';
  await import(name);
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
  return `tfjs-node-${version}/${process.platform}-${process.arch}`;
}

/** Node 23 removed some functions of node:util that tfjs-node 4 still calls. */
function restoreRemovedUtil(): void {
  const target = util as unknown as Record<string, unknown>;
  const removed = {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isString: (value: unknown) => typeof value === 'string',
    isNumber: (value: unknown) => typeof value === 'number',
    isObject: (value: unknown) => typeof value === 'object' && value !== null,
  };
  for (const [name, stand] of Object.entries(removed)) target[name] ??= stand;
}
